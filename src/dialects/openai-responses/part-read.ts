import type { Block, Source } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { readUrl } from '../data-url.ts'
import { DIALECT, extraOf, isObject, type Members, ObjectReader, place } from './members.ts'

/** A part, an item or a tool that only this dialect understands, whole. */
export function opaque(value: Json, at: string | undefined, notes: Members = {}): Block {
  return { type: 'opaque', dialect: DIALECT, value, ...place(at), ...extraOf(notes) }
}

/** What any part may carry beside what was read: its place and the members without a word in the hub. */
function annotations(reader: ObjectReader, notes: Members): Pick<Block, 'at' | 'extra'> {
  return { ...place(reader.at), ...extraOf(reader.rest(), notes) }
}

/** One part of a message or of a tool's output. Parts of an unknown type become opaque blocks. Throws InvalidRequest. */
export function readPart(part: Json, at: string | undefined): Block {
  if (!isObject(part)) return opaque(part, at)
  const reader = new ObjectReader(part, at)
  const type = reader.string('type')
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text': // The chat API's word, seen from clients that mix the two (acceptance B32).
      return readText(reader, type)
    case 'refusal': {
      const text = reader.string('refusal') ?? ''
      return { type: 'text', text, refusal: true, ...annotations(reader, { $type: type }) }
    }
    case 'input_image':
      return readImage(reader, part)
    case 'input_file':
      return readFile(reader, part)
    default:
      return opaque(part, at)
  }
}

function readText(reader: ObjectReader, type: string): Block {
  const text = reader.string('text')
  if (text === undefined) reader.refuse('text', 'a string')
  return { type: 'text', text: text ?? '', ...annotations(reader, { $type: type }) }
}

function readImage(reader: ObjectReader, part: Json): Block {
  const detail = reader.string('detail')
  const source = uploadOr(reader, reader.string('image_url'))
  if (source === undefined) return opaque(part, reader.at)
  return { type: 'image', source, ...(detail !== undefined && { detail }), ...annotations(reader, {}) }
}

function readFile(reader: ObjectReader, part: Json): Block {
  const name = reader.string('filename')
  const url = reader.string('file_url')
  const source = uploadOr(reader, url ?? reader.string('file_data'))
  if (source === undefined) return opaque(part, reader.at)
  const form: Members = source.kind === 'url' && url === undefined ? { $form: 'data' } : {}
  return { type: 'file', source, ...(name !== undefined && { name }), ...annotations(reader, form) }
}

/** An address or data where there is one, else the id of an upload. Both at once have no word in the hub. */
function uploadOr(reader: ObjectReader, url: string | undefined): Source | undefined {
  const id = reader.string('file_id')
  if (url === undefined) return id === undefined ? undefined : { kind: 'id', id }
  return id === undefined ? readUrl(url) : undefined
}
