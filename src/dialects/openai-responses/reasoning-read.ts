import type { Block } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { extraOf, isObject, type Members, type ObjectReader, place } from './members.ts'
import { opaque } from './part-read.ts'
import { takeWire } from './wire.ts'

/** Between the paragraphs of a summary, which are parts of their own here and one text in the hub. */
export const PARAGRAPH = '\n\n'

/**
 * A reasoning item: its summary, or its text where a vendor shows that (`content`), with the encrypted form as signature; an
 * item that is encrypted only is redacted. One that holds nothing stands for reasoning that the vendor keeps: opaque.
 */
export function readReasoning(reader: ObjectReader, item: Json): Block {
  const wire = takeWire(reader, ['type', 'id', 'status'])
  const encrypted = reader.string('encrypted_content')
  const member = isPlainList(reader.peek('summary')) ? 'summary' : 'content'
  const parts = reader.peek(member)
  if (!isPlainList(parts)) {
    if (encrypted === undefined) return opaque(item, reader.at)
    return { type: 'reasoning', text: '', redacted: encrypted, ...place(reader.at), ...extraOf(reader.rest(), wire) }
  }
  reader.take(member)
  const texts = parts.map(part => part.text)
  const text = texts.join(PARAGRAPH)
  const notes: Members = {
    ...wire,
    $member: member,
    ...(texts.length > 1 && { $texts: texts }),
  }
  return {
    type: 'reasoning',
    text,
    ...(encrypted !== undefined && { signature: encrypted }),
    ...place(reader.at),
    ...extraOf(reader.rest(), notes),
  }
}

/** A list of parts, at least one, that say nothing but text. */
function isPlainList(parts: Json | undefined): parts is readonly { readonly type: string; readonly text: string }[] {
  return Array.isArray(parts) && parts.length > 0 && parts.every(isPlain)
}

function isPlain(part: Json): boolean {
  if (!isObject(part)) return false
  const known = part.type === 'summary_text' || part.type === 'reasoning_text'
  return known && typeof part.text === 'string' && Object.keys(part).length === 2
}
