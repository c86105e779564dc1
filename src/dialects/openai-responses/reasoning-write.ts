import type { ReasoningBlock } from '../../call/block.ts'
import { isOwn, type Members, noteOf, ownMembers } from './members.ts'

/**
 * A reasoning item. Another dialect's is a summary to show, with its signature in the place of the encrypted form, so that a
 * client has something to send back. `form` is what such an item has beside its content.
 */
export function writeReasoning(block: ReasoningBlock, form: Members): Members {
  const member = noteOf(block.extra, '$member') === 'content' ? 'content' : 'summary'
  const type = member === 'content' ? 'reasoning_text' : 'summary_text'
  const given = noteOf(block.extra, '$texts')
  const texts = Array.isArray(given) ? given : [block.text]
  const encrypted = block.redacted ?? block.signature
  const parts = block.redacted === undefined && (block.text !== '' || isOwn(block.extra))
  return {
    ...(isOwn(block.extra) ? ownMembers(block.extra) : { ...form, summary: [] }),
    ...(parts && { [member]: texts.map(text => ({ type, text })) }),
    ...(encrypted !== undefined && { encrypted_content: encrypted }),
  }
}
