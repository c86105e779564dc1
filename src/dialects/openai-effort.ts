import type { ReasoningWish } from '../call/call.ts'
import { nearestEffort } from '../call/effort.ts'
import type { Loss } from '../call/loss.ts'

/** The efforts of OpenAI's reference, but for `max`, which most of its models refuse. */
const EFFORTS: ReadonlySet<string> = new Set(['minimal', 'low', 'medium', 'high', 'xhigh'])

/** How hard to think, in OpenAI's words, for a call of another dialect; undefined where the model is left to decide. */
export function openaiEffort({ enabled, effort, budget }: ReasoningWish, losses: Loss[]): string | undefined {
  if (enabled === false) {
    // Effort `none` is refused by most models; those that know it do not think unasked.
    losses.push({ path: 'thinking', why: 'reasoning cannot be switched off for every model: not asked for' })
    return undefined
  }
  if (effort !== undefined) {
    if (EFFORTS.has(effort)) return effort
    losses.push({ path: 'effort', why: `effort ${effort} is sent as high` })
    return 'high'
  }
  if (budget === undefined) {
    losses.push({ path: 'thinking', why: 'reasoning without a budget or an effort is left to the model' })
    return undefined
  }
  const nearest = nearestEffort(budget)
  losses.push({ path: 'thinking.budget_tokens', why: `a budget is approximated by an effort: ${nearest}` })
  return nearest
}
