import type { Call, ReasoningWish } from '../../call/call.ts'
import { nearestEffort } from '../../call/effort.ts'
import { defined, type Members, nestedMembers, note } from './members.ts'
import { lose, type WriteContext } from './part-write.ts'

/** Efforts that OpenAI's reference lists for `reasoning_effort`. */
const EFFORTS: ReadonlySet<string> = new Set(['minimal', 'low', 'medium', 'high', 'xhigh'])

/** How hard to think, in the member that it was read from; of other dialects in `reasoning_effort`. */
export function writeReasoningWish(call: Call, context: WriteContext): Members {
  const wish = call.reasoning
  if (wish === undefined) return {}
  switch (note(call.extra, '$reasoning')) {
    case 'reasoning_effort':
      return { reasoning_effort: wish.enabled === false ? 'none' : (wish.effort ?? 'medium') }
    case 'reasoning': {
      const explicit = wish.enabled === true || note(call.extra, '$enabled') === false || wish.effort === undefined
      const said = { enabled: explicit ? wish.enabled : undefined, effort: wish.effort, max_tokens: wish.budget }
      return { reasoning: { ...nestedMembers(call.extra, 'reasoning'), ...(defined(said) as Members) } }
    }
    case 'thinking': {
      const type = wish.adaptive === true ? 'adaptive' : wish.enabled === false ? 'disabled' : 'enabled'
      const budget: Members = wish.budget === undefined ? {} : { budget_tokens: wish.budget }
      return { thinking: { ...nestedMembers(call.extra, 'thinking'), type, ...budget } }
    }
    default:
      return writeEffort(wish, context)
  }
}

function writeEffort(wish: ReasoningWish, context: WriteContext): Members {
  if (wish.enabled === false) {
    // Effort `none` is refused by most models; those that know it do not think unasked.
    lose(context, 'thinking', 'reasoning cannot be switched off for every model: not asked for')
    return {}
  }
  if (wish.effort !== undefined) {
    if (EFFORTS.has(wish.effort)) return { reasoning_effort: wish.effort }
    lose(context, 'effort', `effort ${wish.effort} is sent as high`)
    return { reasoning_effort: 'high' }
  }
  if (wish.budget !== undefined) {
    const effort = nearestEffort(wish.budget)
    lose(context, 'thinking.budget_tokens', `a budget is approximated by an effort: ${effort}`)
    return { reasoning_effort: effort }
  }
  lose(context, 'thinking', 'reasoning without a budget or an effort is left to the model')
  return {}
}
