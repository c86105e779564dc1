import type { Turn } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { readBlocks } from './blocks-read.ts'
import { extraOf, leftover, listAt, Malformed, objectAt } from './members.ts'

const TURN = new Set(['role', 'content'])

/** `system`, a list of blocks, as one leading turn; none when it is absent or empty. Throws Malformed. */
export function readSystem(system: Json | undefined): Turn[] {
  if (system === undefined || system === null) return []
  const blocks = readBlocks(system, 'system')
  return blocks.length === 0 ? [] : [{ role: 'system', at: 'system', blocks }]
}

/** `messages` as turns; a prompt of the vendor's own may stand in their place. Throws Malformed. */
export function readMessages(messages: Json | undefined): Turn[] {
  if (messages === undefined || messages === null) return []
  return listAt(messages, 'messages').map((message, index) => readMessage(message, `messages.${index}`))
}

function readMessage(message: Json, at: string): Turn {
  const value = objectAt(message, at)
  const { role } = value
  if (role !== 'user' && role !== 'assistant') throw new Malformed(`${at}.role`, '"user" or "assistant"')
  return { role, at, blocks: readBlocks(value.content, `${at}.content`), ...extraOf(leftover(value, TURN)) }
}
