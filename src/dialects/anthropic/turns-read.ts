import type { Turn } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { readBlocks } from './blocks-read.ts'
import { annotations, extraOf, listAt, Malformed, objectAt } from './members.ts'

const TURN = new Set(['role', 'content'])

/** `system`, a string or text blocks, as one leading turn; none when it is absent. Throws Malformed. */
export function readSystem(system: Json | undefined): Turn[] {
  if (system === undefined || system === null) return []
  return [{ role: 'system', at: 'system', ...readContent(system, 'system') }]
}

/** `messages` as turns. Throws Malformed. */
export function readMessages(messages: Json | undefined): Turn[] {
  return listAt(messages, 'messages').map((message, index) => readMessage(message, `messages.${index}`))
}

function readMessage(message: Json, at: string): Turn {
  const value = objectAt(message, at)
  const { role } = value
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw new Malformed(`${at}.role`, '"user", "assistant" or "system"')
  }
  // Newer models take system messages inside `messages`: the note tells them from the `system` member.
  const place = role === 'system' ? { $message: true } : {}
  return { role, ...annotations(value, at, TURN, place), ...readContent(value.content, `${at}.content`) }
}

function readContent(content: Json | undefined, at: string): Pick<Turn, 'blocks' | 'plain'> {
  if (typeof content === 'string') {
    return {
      blocks: [{ type: 'text', text: content, at, ...extraOf(content === '' ? { $blank: true } : {}) }],
      plain: true,
    }
  }
  if (!Array.isArray(content)) throw new Malformed(at, 'a string or an array of content blocks')
  return { blocks: readBlocks(content, at) }
}
