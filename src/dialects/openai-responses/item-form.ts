import type { ToolCallBlock } from '../../call/block.ts'
import type { Members } from './members.ts'

/** What an item has beside its content when another dialect's block becomes one; `index` is its place in the list. */
export interface ItemForm {
  message(index: number): Members
  call(block: ToolCallBlock): Members
  reasoning(index: number): Members
}

/** Items that a client sends: their ids would mean something only to a vendor that had given them. */
export const INPUT_FORM: ItemForm = {
  message: () => ({ type: 'message' }),
  call: () => ({ type: 'function_call' }),
  reasoning: () => ({ type: 'reasoning' }),
}

/** Texts of an answer always have both lists; clients read them without asking. */
export const TEXT_FORM: Members = { annotations: [], logprobs: [] }

/** Items of the answer with that id, from which theirs derive, so that the same answer has the same ids again. */
export function outputForm(answer: string): ItemForm {
  return {
    message: index => ({ id: `msg_${answer}_${index}`, type: 'message', status: 'completed' }),
    call: ({ id }) => ({ id: `fc_${id}`, type: 'function_call', status: 'completed' }),
    reasoning: index => ({ id: `rs_${answer}_${index}`, type: 'reasoning' }),
  }
}
