import type { Block, ReasoningBlock, Source, TextBlock, ToolResultBlock } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { readMarked } from './cache-points.ts'
import { documentType } from './formats.ts'
import {
  annotations,
  DIALECT,
  extraOf,
  isObject,
  leftover,
  listAt,
  Malformed,
  type Members,
  objectAt,
  stringAt,
} from './members.ts'

const IMAGE = new Set(['format', 'source'])
const SOURCE = new Set(['bytes'])
const TEXT_SOURCE = new Set(['text'])
const DOCUMENT = new Set(['format', 'name', 'source'])
const TOOL_USE = new Set(['toolUseId', 'name', 'input', 'type'])
const TOOL_RESULT = new Set(['toolUseId', 'content', 'status'])
const REASONING_TEXT = new Set(['text', 'signature'])
const CITATIONS = new Set(['citations'])
const CITATIONS_CONTENT = new Set(['content', 'citations'])
const NONE = new Set<string>()

/** The blocks of a content list, cache points as marks on the blocks before them; throws Malformed. */
export function readBlocks(content: Json | undefined, at: string): Block[] {
  return readMarked(listAt(content, at), (block, index) => readBlock(block, `${at}.${index}`))
}

/**
 * One content block. A block is a union: the name of its one member says what it is. What the hub has no word for (video,
 * guarded content, tools that the vendor runs, whatever comes next) becomes opaque. Throws Malformed.
 */
export function readBlock(json: Json, at: string): Block {
  const value = objectAt(json, at)
  if (typeof value.text === 'string') return readText(value, value.text, at)
  if (isObject(value.toolUse)) return readToolUse(value, value.toolUse, at)
  if (isObject(value.toolResult)) return readToolResult(value, value.toolResult, at)
  if (isObject(value.reasoningContent)) return readReasoning(value, value.reasoningContent, at)
  if (isObject(value.image)) return readImage(value, value.image, at)
  if (isObject(value.document)) return readDocument(value, value.document, at)
  if (isObject(value.citationsContent)) return readCited(value, value.citationsContent, at)
  if (Object.keys(value).length === 0) throw new Malformed(at, 'a content block')
  return opaque(value, at)
}

function opaque(value: Members, at: string): Block {
  return { type: 'opaque', dialect: DIALECT, value, at }
}

function readText(value: Members, text: string, at: string): TextBlock {
  return { type: 'text', text, ...annotations(value, at, 'text', NONE, text === '' ? { $blank: true } : {}) }
}

function readImage(value: Members, image: Members, at: string): Block {
  const { source, format } = image
  if (!isObject(source) || typeof source.bytes !== 'string' || typeof format !== 'string') return opaque(value, at)
  return {
    type: 'image',
    source: { kind: 'base64', mediaType: `image/${format}`, data: source.bytes },
    ...annotations(value, at, 'image', IMAGE, { ...leftover(source, SOURCE, 'image.source.'), $format: format }),
  }
}

function readDocument(value: Members, document: Members, at: string): Block {
  const { format, name } = document
  const source = documentSource(document)
  if (source === undefined) return opaque(value, at)
  const read = source.kind === 'text' ? TEXT_SOURCE : SOURCE
  const more = leftover(document.source as Members, read, 'document.source.')
  return {
    type: 'file',
    source,
    ...(typeof name === 'string' && { name }),
    ...annotations(value, at, 'document', DOCUMENT, {
      ...more,
      ...(typeof format === 'string' && { $format: format }),
    }),
  }
}

/** Undefined for what only Bedrock can reach (S3) or put together (lists of texts). */
function documentSource({ source, format }: Members): Source | undefined {
  if (!isObject(source)) return undefined
  const mediaType = typeof format === 'string' ? documentType(format) : 'text/plain'
  if (mediaType === undefined) return undefined
  if (typeof source.text === 'string') return { kind: 'text', mediaType, text: source.text }
  return typeof source.bytes === 'string' ? { kind: 'base64', mediaType, data: source.bytes } : undefined
}

function readToolUse(value: Members, call: Members, at: string): Block {
  const { type } = call
  // A tool that the vendor runs itself.
  if (type !== undefined && type !== 'tool_use') return opaque(value, at)
  return {
    type: 'tool-call',
    id: stringAt(call.toolUseId, `${at}.toolUse.toolUseId`),
    name: stringAt(call.name, `${at}.toolUse.name`),
    arguments: JSON.stringify(objectAt(call.input, `${at}.toolUse.input`)),
    ...annotations(value, at, 'toolUse', TOOL_USE, type === undefined ? {} : { $type: type }),
  }
}

function readToolResult(value: Members, result: Members, at: string): Block {
  if (result.type !== undefined) return opaque(value, at)
  const { status } = result
  const block: ToolResultBlock = {
    type: 'tool-result',
    id: stringAt(result.toolUseId, `${at}.toolResult.toolUseId`),
    content: listAt(result.content, `${at}.toolResult.content`).map((json, index) =>
      readResultContent(json, `${at}.toolResult.content.${index}`),
    ),
    ...((status === 'error' || status === 'success') && { error: status === 'error' }),
    ...annotations(value, at, 'toolResult', TOOL_RESULT),
  }
  return block
}

/** A result may be JSON as it is; other dialects have it as text. */
function readResultContent(json: Json, at: string): Block {
  if (isObject(json) && json.json !== undefined && Object.keys(json).length === 1) {
    return { type: 'text', text: JSON.stringify(json.json), at, ...extraOf({ $json: true }) }
  }
  return readBlock(json, at)
}

function readReasoning(value: Members, reasoning: Members, at: string): Block {
  const { reasoningText, redactedContent } = reasoning
  if (typeof redactedContent === 'string') {
    const more = annotations(value, at, 'reasoningContent', new Set(['redactedContent']))
    return { type: 'reasoning', text: '', redacted: redactedContent, ...more }
  }
  if (!isObject(reasoningText)) return opaque(value, at)
  const { signature } = reasoningText
  const more = leftover(reasoningText, REASONING_TEXT, 'reasoningContent.reasoningText.')
  const block: ReasoningBlock = {
    type: 'reasoning',
    text: stringAt(reasoningText.text, `${at}.reasoningContent.reasoningText.text`),
    ...(typeof signature === 'string' && { signature }),
    ...annotations(value, at, 'reasoningContent', new Set(['reasoningText']), more),
  }
  return block
}

/** Text with its sources. The pieces that it comes in are form: `$pieces` keeps them where they are not one. */
function readCited(value: Members, cited: Members, at: string): Block {
  const { citations = [], content = [] } = cited
  const pieces = listAt(content, `${at}.citationsContent.content`)
  const texts = pieces.map(piece => (isObject(piece) && typeof piece.text === 'string' ? piece.text : ''))
  const plain = pieces.every(
    piece => isObject(piece) && typeof piece.text === 'string' && Object.keys(piece).length === 1,
  )
  const read = plain ? CITATIONS_CONTENT : CITATIONS
  return {
    type: 'text',
    text: texts.join(''),
    ...annotations(value, at, 'citationsContent', read, { citations, $pieces: pieces }),
  }
}
