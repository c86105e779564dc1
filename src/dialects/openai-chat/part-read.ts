import type { Annotated, Block, CacheMark, FileBlock, Source } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { readUrl } from '../data-url.ts'
import { DIALECT, extraOf, isObject, type Members, ObjectReader, place } from './members.ts'

/**
 * A message's `content`: a string, a list of parts, or null. `at` of the reader decides whether a wrong type is refused
 * (requests) or left in the rest (answers).
 */
export function readContent(reader: ObjectReader): { blocks: Block[]; plain: boolean } {
  const content = reader.peek('content')
  const at = reader.path('content')
  if (typeof content === 'string') {
    reader.take('content')
    return { blocks: [{ type: 'text', text: content, ...place(at) }], plain: true }
  }
  if (Array.isArray(content)) {
    const parts = reader.list('content') ?? []
    return { blocks: parts.map((part, index) => readPart(part, at && `${at}.${index}`)), plain: false }
  }
  if (content !== undefined && content !== null) reader.refuse('content', 'a string, a list of parts or null')
  return { blocks: [], plain: false }
}

/** One content part. Parts of an unknown type become opaque blocks. */
export function readPart(part: Json, at: string | undefined): Block {
  // Mistral lets a list hold plain strings; other vendors' validators refuse them, so they travel opaque.
  if (!isObject(part)) return opaque(part, at)
  const reader = new ObjectReader(part, at)
  switch (reader.string('type')) {
    case 'text':
      return readText(reader, {})
    case 'input_text': // The Responses API's word, seen from clients that mix the two (acceptance B32).
      return readText(reader, { $type: 'input_text' })
    case 'refusal': {
      const text = reader.string('refusal') ?? ''
      return { type: 'text', text, refusal: true, ...annotations(reader, { $part: 'refusal' }) }
    }
    case 'image_url':
      return readImage(reader, part)
    case 'input_audio':
      return readAudio(reader, part)
    case 'file':
      return readFile(reader, part)
    case 'thinking':
      return readThinking(reader, part)
    default:
      return opaque(part, at)
  }
}

function opaque(value: Json, at: string | undefined): Block {
  return { type: 'opaque', dialect: DIALECT, value, ...place(at) }
}

function readText(reader: ObjectReader, notes: Members): Block {
  const text = reader.string('text')
  if (text === undefined) reader.refuse('text', 'a string')
  return { type: 'text', text: text ?? '', ...annotations(reader, notes) }
}

/** What any part may carry: its place, a cache mark, members without a word in the hub, notes on form. */
function annotations(reader: ObjectReader, notes: Members): Annotated {
  const { cache, members } = readCache(reader)
  return { ...place(reader.at), ...cache, ...extraOf(reader.rest(), members, notes) }
}

/** `cache_control` of Anthropic's form, as OpenRouter takes it on parts, tools and messages. Other forms stay in the rest. */
export function readCache(reader: ObjectReader): { cache: { cache?: CacheMark }; members: Members } {
  const mark = reader.peek('cache_control')
  if (!isObject(mark) || mark.type !== 'ephemeral') return { cache: {}, members: {} }
  const inner = new ObjectReader(reader.object('cache_control') ?? {}, undefined)
  inner.take('type')
  const ttl = inner.string('ttl')
  return { cache: { cache: ttl === undefined ? {} : { ttl } }, members: inner.rest('cache_control.') }
}

function readImage(reader: ObjectReader, part: Json): Block {
  // Some clients give the address itself where the API has an object; Mistral documents both.
  if (typeof reader.peek('image_url') === 'string') {
    const source = readUrl(reader.string('image_url') ?? '')
    return { type: 'image', source, ...annotations(reader, { $form: 'string' }) }
  }
  const image = reader.nested('image_url')
  const url = image?.string('url')
  if (image === undefined || url === undefined) {
    reader.refuse('image_url', 'an object with a url')
    return opaque(part, reader.at)
  }
  const detail = image.string('detail')
  return {
    type: 'image',
    source: readUrl(url),
    ...(detail !== undefined && { detail }),
    ...annotations(reader, image.rest('image_url.')),
  }
}

function readAudio(reader: ObjectReader, part: Json): Block {
  const audio = reader.nested('input_audio')
  const data = audio?.string('data')
  const format = audio?.string('format')
  if (audio === undefined || data === undefined || format === undefined) {
    reader.refuse('input_audio', 'an object with data and format')
    return opaque(part, reader.at)
  }
  return {
    type: 'audio',
    source: { kind: 'base64', mediaType: `audio/${format}`, data },
    ...annotations(reader, audio.rest('input_audio.')),
  }
}

function readFile(reader: ObjectReader, part: Json): Block {
  const file = reader.nested('file')
  if (file === undefined) {
    reader.refuse('file', 'an object')
    return opaque(part, reader.at)
  }
  const name = file.string('filename')
  const found = fileSource(file)
  if (found === undefined) return opaque(part, reader.at)
  const block: FileBlock = { type: 'file', source: found.source, ...(name !== undefined && { name }) }
  return { ...block, ...annotations(reader, { ...file.rest('file.'), ...found.notes }) }
}

function fileSource(file: ObjectReader): { source: Source; notes: Members } | undefined {
  const id = file.string('file_id')
  if (id !== undefined) return { source: { kind: 'id', id }, notes: {} }
  const data = file.string('file_data')
  if (data === undefined) return undefined
  const source = readUrl(data)
  if (source.kind === 'base64' || data.startsWith('http')) return { source, notes: {} }
  // Bare base64 has no media type; PDF is the one type that the API documents for it.
  return { source: { kind: 'base64', mediaType: 'application/pdf', data }, notes: { $form: 'bare' } }
}

/** Mistral's reasoning: `{type: 'thinking', thinking: [{type: 'text', text}]}`. Other pieces than text are kept whole. */
function readThinking(reader: ObjectReader, part: Json): Block {
  const pieces = reader.peek('thinking')
  if (!Array.isArray(pieces)) return opaque(part, reader.at)
  reader.take('thinking')
  const text = pieces.map(thinkingText).join('')
  const plain = pieces.every(isTextPiece)
  const form = { ...(!plain && { thinking: pieces }), ...((!plain || pieces.length !== 1) && { $pieces: pieces }) }
  const signature = reader.string('signature')
  // Mistral says that the reasoning is complete: form, since only streams hold pieces.
  const closed = reader.take('closed')
  const wire: Members = closed === undefined ? {} : { $wire: { closed } }
  return {
    type: 'reasoning',
    text,
    ...(signature !== undefined && { signature }),
    ...annotations(reader, { $member: 'thinking', ...form, ...wire }),
  }
}

/** The text of one piece of a `thinking` list; '' for references and the like. */
export function thinkingText(piece: Json): string {
  return isObject(piece) && typeof piece.text === 'string' ? piece.text : ''
}

function isTextPiece(piece: Json | undefined): boolean {
  return isObject(piece) && piece.type === 'text' && typeof piece.text === 'string' && Object.keys(piece).length === 2
}
