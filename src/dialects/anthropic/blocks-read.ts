import type { Block, FileBlock, ImageBlock, Source, ToolCallBlock, ToolResultBlock } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import {
  annotations,
  DIALECT,
  isObject,
  leftover,
  listAt,
  type Members,
  objectAt,
  optionalBoolean,
  stringAt,
} from './members.ts'

const TEXT = new Set(['type', 'text'])
const IMAGE = new Set(['type', 'source'])
const DOCUMENT = new Set(['type', 'source', 'title'])
const TOOL_USE = new Set(['type', 'id', 'name', 'input'])
const TOOL_RESULT = new Set(['type', 'tool_use_id', 'content', 'is_error'])
const THINKING = new Set(['type', 'thinking', 'signature'])
const REDACTED_THINKING = new Set(['type', 'data'])

/**
 * One content block of a request, an answer or a `content_block_start`. Types that the hub has no word for (server tools,
 * search results, whatever comes next) become opaque. Throws Malformed when a known type lacks what it needs.
 */
export function readBlock(json: Json, at: string): Block {
  const value = objectAt(json, at)
  switch (stringAt(value.type, `${at}.type`)) {
    case 'text': {
      const text = stringAt(value.text, `${at}.text`)
      return { type: 'text', text, ...annotations(value, at, TEXT, text === '' ? { $blank: true } : {}) }
    }
    case 'image':
      return readImage(value, at)
    case 'document':
      return readDocument(value, at)
    case 'tool_use':
      return readToolUse(value, at)
    case 'tool_result':
      return readToolResult(value, at)
    case 'thinking':
      return {
        type: 'reasoning',
        text: stringAt(value.thinking, `${at}.thinking`),
        // An empty signature opens every streamed block: it is a form, not a proof.
        ...(typeof value.signature === 'string' && value.signature !== '' && { signature: value.signature }),
        ...annotations(value, at, THINKING),
      }
    case 'redacted_thinking':
      return {
        type: 'reasoning',
        text: '',
        redacted: stringAt(value.data, `${at}.data`),
        ...annotations(value, at, REDACTED_THINKING),
      }
    default:
      return opaque(value, at)
  }
}

/** The blocks of a content list; throws Malformed. */
export function readBlocks(list: readonly Json[], at: string): Block[] {
  return list.map((block, index) => readBlock(block, `${at}.${index}`))
}

function opaque(value: Members, at: string): Block {
  return { type: 'opaque', dialect: DIALECT, value, at }
}

function readImage(value: Members, at: string): Block {
  const read = readSource(objectAt(value.source, `${at}.source`), `${at}.source`)
  if (read === undefined) return opaque(value, at)
  const block: ImageBlock = { type: 'image', source: read.source, ...annotations(value, at, IMAGE, read.rest) }
  return block
}

function readDocument(value: Members, at: string): Block {
  const read = readSource(objectAt(value.source, `${at}.source`), `${at}.source`)
  if (read === undefined) return opaque(value, at)
  const block: FileBlock = {
    type: 'file',
    source: read.source,
    ...(typeof value.title === 'string' && { name: value.title }),
    ...annotations(value, at, DOCUMENT, read.rest),
  }
  return block
}

/** The source in neutral words and what those do not say; undefined for kinds that the hub does not know (`content`). */
function readSource(value: Members, at: string): { source: Source; rest: Members } | undefined {
  const left = (...read: string[]): Members => leftover(value, new Set(['type', ...read]), 'source.')
  switch (value.type) {
    case 'base64': {
      const mediaType = stringAt(value.media_type, `${at}.media_type`)
      const data = stringAt(value.data, `${at}.data`)
      return { source: { kind: 'base64', mediaType, data }, rest: left('media_type', 'data') }
    }
    case 'url':
      return { source: { kind: 'url', url: stringAt(value.url, `${at}.url`) }, rest: left('url') }
    case 'text': {
      const mediaType = stringAt(value.media_type, `${at}.media_type`)
      const text = stringAt(value.data, `${at}.data`)
      return { source: { kind: 'text', mediaType, text }, rest: left('media_type', 'data') }
    }
    case 'file':
      return { source: { kind: 'id', id: stringAt(value.file_id, `${at}.file_id`) }, rest: left('file_id') }
    default:
      return undefined
  }
}

function readToolUse(value: Members, at: string): ToolCallBlock {
  const { caller, ...others } = value
  // Every call of a model on its own behalf says so: dressing, which no other dialect needs to be told.
  const direct = isObject(caller) && caller.type === 'direct' && Object.keys(caller).length === 1
  return {
    type: 'tool-call',
    id: stringAt(value.id, `${at}.id`),
    name: stringAt(value.name, `${at}.name`),
    arguments: JSON.stringify(objectAt(value.input, `${at}.input`)),
    ...annotations(direct ? others : value, at, TOOL_USE, direct ? { $wire: { caller } } : {}),
  }
}

function readToolResult(value: Members, at: string): ToolResultBlock {
  const { content } = value
  const error = optionalBoolean(value.is_error, `${at}.is_error`)
  const known = {
    type: 'tool-result' as const,
    id: stringAt(value.tool_use_id, `${at}.tool_use_id`),
    ...(error !== undefined && { error }),
  }
  if (typeof content === 'string') {
    return {
      ...known,
      content: [{ type: 'text', text: content, at: `${at}.content` }],
      plain: true,
      ...annotations(value, at, TOOL_RESULT),
    }
  }
  if (content === undefined || content === null) {
    return { ...known, content: [], ...annotations(value, at, TOOL_RESULT, { $content: 'absent' }) }
  }
  return {
    ...known,
    content: readBlocks(listAt(content, `${at}.content`), `${at}.content`),
    ...annotations(value, at, TOOL_RESULT),
  }
}
