import type { Block } from '../../call/block.ts'
import type { Call, Turn } from '../../call/call.ts'
import { DIALECT, isObject, type Members, noteOf } from './members.ts'

/** What was said so far. Instructions are of one call only: they are not carried into the next one. */
export function conversationOf({ turns }: Call): readonly Turn[] {
  return turns.filter(turn => !isInstructions(turn))
}

/** The call with the turns of an earlier conversation before its own, in the place of `previous_response_id`. */
export function continueFrom(call: Call, earlier: readonly Turn[]): Call {
  const { [DIALECT]: members = {}, ...others } = call.extra ?? {}
  const { previous_response_id: _, ...rest }: Members = members
  const indispensable = (call.indispensable ?? []).filter(({ path }) => path !== 'previous_response_id')
  return {
    ...call,
    turns: [...call.turns.filter(isInstructions), ...earlier, ...conversationOf(call)],
    indispensable,
    extra: { ...others, [DIALECT]: rest },
  }
}

/** The id of the item that this block was read from; undefined where it had none, and for all blocks of a message but the first. */
export function itemIdOf(block: Block): string | undefined {
  const item =
    block.type === 'opaque' ? block.value : (noteOf(block.extra, '$message') ?? noteOf(block.extra, '$wire') ?? null)
  return isObject(item) && typeof item.id === 'string' ? item.id : undefined
}

function isInstructions({ extra }: Turn): boolean {
  return noteOf(extra, '$instructions') === true
}
