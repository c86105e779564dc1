import type { Call, ReasoningWish } from '../../call/call.ts'
import { budgetOfEffort } from '../../call/effort.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { leftover, type Members, nestedMembers, noteOf, objectAt, optionalNumber } from './members.ts'

const AT = 'generationConfig.thinkingConfig'
const THINKING = new Set(['thinkingBudget', 'thinkingLevel'])

/** The only models that can be told not to think (ai.google.dev/gemini-api/docs/thinking): others answer 400 to a budget of 0. */
const CAN_STOP = /gemini-2\.5-flash/

/** The range of thinking budgets, in tokens, that every thinking model accepts, and where it ends for Flash (the same page). */
const LEAST_BUDGET = 512
const MOST_BUDGET_OF_FLASH = 24_576
const MOST_BUDGET = 32_768

/** `thinkingConfig` as a wish, and (`left`) what the hub has no word for. Throws Malformed. */
export function readThinking(config: Json | undefined): { wish?: ReasoningWish; left: Members } {
  if (config === undefined || config === null) return { left: {} }
  const value = objectAt(config, AT)
  const budget = optionalNumber(value.thinkingBudget, `${AT}.thinkingBudget`)
  const { thinkingLevel: level } = value
  const left = leftover(value, THINKING, `${AT}.`)
  if (budget !== undefined) {
    const wish = budget === 0 ? { enabled: false } : budget < 0 ? { adaptive: true } : { budget }
    return { wish, left: typeof level === 'string' ? { ...left, [`${AT}.thinkingLevel`]: level } : left }
  }
  if (typeof level === 'string') return { wish: { effort: level.toLowerCase() }, left: { ...left, $level: level } }
  return { left: Object.keys(value).length === 0 ? { [AT]: value } : left }
}

/** `thinkingConfig`; a wish of another dialect is a budget, which all models that think understand, and asks to see the thoughts. */
export function writeThinking(call: Call, own: boolean, losses: Loss[]): Members | undefined {
  const kept = nestedMembers(call.extra, AT)
  const wish = call.reasoning
  if (wish === undefined) return Object.keys(kept).length === 0 ? undefined : kept
  if (own) return { ...kept, ...ownWish(call, wish) }
  if (wish.enabled === false) {
    if (CAN_STOP.test(call.model)) return { thinkingBudget: 0 }
    losses.push({ path: 'thinking', why: 'reasoning cannot be switched off for every model: not asked for' })
    return undefined
  }
  if (wish.budget !== undefined) return { thinkingBudget: fit(wish.budget, call.model, losses), includeThoughts: true }
  const budget = wish.effort === undefined ? undefined : budgetOfEffort(wish.effort)
  if (wish.effort !== undefined && budget === undefined) {
    losses.push({ path: 'reasoning.effort', why: `no thinking budget is known for "${wish.effort}"` })
  }
  return { thinkingBudget: budget ?? -1, includeThoughts: true }
}

function fit(budget: number, model: string, losses: Loss[]): number {
  const most = /flash/.test(model) ? MOST_BUDGET_OF_FLASH : MOST_BUDGET
  const fitting = Math.min(Math.max(budget, LEAST_BUDGET), most)
  if (fitting !== budget) {
    losses.push({ path: 'thinking.budget_tokens', why: `${budget} is not in [${LEAST_BUDGET}, ${most}]: ${fitting}` })
  }
  return fitting
}

function ownWish({ extra }: Call, { enabled, adaptive, budget, effort }: ReasoningWish): Members {
  if (enabled === false) return { thinkingBudget: 0 }
  if (adaptive === true) return { thinkingBudget: -1 }
  if (budget !== undefined) return { thinkingBudget: budget }
  if (effort === undefined) return {}
  const noted = noteOf(extra, '$level')
  const same = typeof noted === 'string' && noted.toLowerCase() === effort
  return { thinkingLevel: same ? noted : effort.toUpperCase() }
}
