import type { Call } from '../../call/call.ts'
import type { Loss } from '../../call/loss.ts'
import { openaiEffort } from '../openai-effort.ts'
import { defined, type Members, nestedMembers, noteOf } from './members.ts'

/** How hard to think, in the member that it was read from; of other dialects in `reasoning_effort`. */
export function writeReasoningWish(call: Call, losses: Loss[]): Members {
  const wish = call.reasoning
  if (wish === undefined) return {}
  switch (noteOf(call.extra, '$reasoning')) {
    case 'reasoning_effort':
      return { reasoning_effort: wish.enabled === false ? 'none' : (wish.effort ?? 'medium') }
    case 'reasoning': {
      const explicit = wish.enabled === true || noteOf(call.extra, '$enabled') === false || wish.effort === undefined
      const said = { enabled: explicit ? wish.enabled : undefined, effort: wish.effort, max_tokens: wish.budget }
      return { reasoning: { ...nestedMembers(call.extra, 'reasoning'), ...(defined(said) as Members) } }
    }
    case 'thinking': {
      const type = wish.adaptive === true ? 'adaptive' : wish.enabled === false ? 'disabled' : 'enabled'
      const budget: Members = wish.budget === undefined ? {} : { budget_tokens: wish.budget }
      return { thinking: { ...nestedMembers(call.extra, 'thinking'), type, ...budget } }
    }
    default: {
      const effort = openaiEffort(wish, losses)
      return effort === undefined ? {} : { reasoning_effort: effort }
    }
  }
}
