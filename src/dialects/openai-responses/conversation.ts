import type { Call, Turn } from '../../call/call.ts'
import { type Members, NAME, note } from './members.ts'

/** What was said so far. Instructions are of one call only: they are not carried into the next one. */
export function conversationOf({ turns }: Call): readonly Turn[] {
  return turns.filter(turn => !isInstructions(turn))
}

/** The call with the turns of an earlier conversation before its own, in the place of `previous_response_id`. */
export function continueFrom(call: Call, earlier: readonly Turn[]): Call {
  const { [NAME]: members = {}, ...others } = call.extra ?? {}
  const { previous_response_id: _, ...rest }: Members = members
  const indispensable = (call.indispensable ?? []).filter(({ path }) => path !== 'previous_response_id')
  return {
    ...call,
    turns: [...call.turns.filter(isInstructions), ...earlier, ...conversationOf(call)],
    indispensable,
    extra: { ...others, [NAME]: rest },
  }
}

function isInstructions({ extra }: Turn): boolean {
  return note(extra, '$instructions') === true
}
