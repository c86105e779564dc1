import type { Block, FileBlock, ImageBlock, ReasoningBlock, Source, ToolResultBlock } from '../../call/block.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'
import { mediaTypeOf } from './media-type.ts'
import { cacheControl, DIALECT, isMembers, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'

/** Blocks that Anthropic takes but never gives. */
const INPUT_ONLY: ReadonlySet<Block['type']> = new Set(['image', 'file', 'tool-result'])

/** Where blocks are written to. */
export interface Writing {
  readonly into: 'request' | 'response'
  /** The call was read from this dialect: its vendor-only values (upload ids) are valid, and its form is kept. */
  readonly own: boolean
  /** Where losses stand whose block does not know its own place. */
  readonly at?: string
  readonly losses: Loss[]
}

/** The only answer that Anthropic gives, as losses name it. */
export const ANSWER = 'outputs.0'

/** Writing an answer. */
export function answering(losses: Loss[]): Writing {
  return { into: 'response', own: false, at: ANSWER, losses }
}

/** A block as the content block that Anthropic knows, or undefined with a loss where there is none. */
export function writeBlock(block: Block, writing: Writing): Members | undefined {
  writing.losses.push(...foreignLosses(DIALECT, block.at ?? writing.at, block.extra))
  if (writing.into === 'response' && INPUT_ONLY.has(block.type)) {
    return lose(writing, block, `an answer of Anthropic holds no ${block.type}`)
  }
  switch (block.type) {
    case 'text':
      if (saysNothing(block.text, writing) && noteOf(block.extra, '$blank') === undefined) return undefined
      return { ...ownMembers(block.extra), type: 'text', text: block.text, ...cacheControl(block) }
    case 'image':
      return writeImage(block, writing)
    case 'file':
      return writeDocument(block, writing)
    case 'tool-call':
      return {
        ...ownMembers(block.extra),
        type: 'tool_use',
        id: block.id,
        name: block.name,
        input: toolInput(block.arguments, block.at ?? writing.at, writing),
        ...cacheControl(block),
      }
    case 'tool-result':
      return writeToolResult(block, writing)
    case 'reasoning':
      return writeReasoning(block, writing)
    case 'audio':
      return lose(writing, block, 'Anthropic takes no audio')
    case 'opaque':
      if (block.dialect === DIALECT && isMembers(block.value)) return block.value
      return lose(writing, block, `only ${block.dialect} knows this block`)
  }
}

/** The blocks that can be written, in order. */
export function writeBlocks(blocks: readonly Block[], writing: Writing): Members[] {
  return blocks.map(block => writeBlock(block, writing)).filter(block => block !== undefined)
}

/**
 * Anthropic refuses blank text ("text content blocks must contain non-whitespace text"). Its own callers keep what they
 * sent; an answer loses only empty text, which a client could not send back.
 */
export function saysNothing(text: string, { into, own }: Writing): boolean {
  if (into === 'response') return text === ''
  return !own && text.trim() === ''
}

function lose({ at, losses }: Writing, block: Block, why: string): undefined {
  losses.push({ path: block.at ?? at ?? block.type, why })
}

function writeImage(block: ImageBlock, writing: Writing): Members | undefined {
  const source = writeSource(block.source, writing)
  if (source === undefined || block.source.kind === 'text') {
    return lose(writing, block, 'Anthropic cannot reach this image')
  }
  if (block.detail !== undefined && block.detail !== 'auto') {
    writing.losses.push({ path: `${block.at ?? 'image'}.detail`, why: 'Anthropic decides on the detail itself' })
  }
  const inner = { ...nestedMembers(block.extra, 'source'), ...source }
  return { ...ownMembers(block.extra, 'source'), type: 'image', source: inner, ...cacheControl(block) }
}

function writeDocument(block: FileBlock, writing: Writing): Members | undefined {
  const source = writeSource(asDocument(block.source), writing)
  if (source === undefined) return lose(writing, block, 'Anthropic cannot reach this file')
  if (source.type === 'base64' && source.media_type !== 'application/pdf' && !writing.own) {
    return lose(writing, block, `Anthropic reads PDF and plain text, not ${source.media_type}`)
  }
  return {
    ...ownMembers(block.extra, 'source'),
    type: 'document',
    source: { ...nestedMembers(block.extra, 'source'), ...source },
    ...(block.name !== undefined && { title: block.name }),
    ...cacheControl(block),
  }
}

/** Text in base64 as the text that it is: `base64` sources of documents are PDF only. */
function asDocument(source: Source): Source {
  if (source.kind !== 'base64' || !source.mediaType.startsWith('text/')) return source
  return { kind: 'text', mediaType: 'text/plain', text: Buffer.from(source.data, 'base64').toString('utf8') }
}

function writeSource(source: Source, { own }: Writing): Members | undefined {
  switch (source.kind) {
    case 'base64':
      return {
        type: 'base64',
        media_type: own ? source.mediaType : mediaTypeOf(source.mediaType, source.data),
        data: source.data,
      }
    case 'url':
      // The vendor fetches addresses; data in line has a source type of its own.
      return own || !source.url.startsWith('data:') ? { type: 'url', url: source.url } : undefined
    case 'text':
      return { type: 'text', media_type: source.mediaType, data: source.text }
    case 'id':
      // An upload's id means something to the vendor that gave it only.
      return own ? { type: 'file', file_id: source.id } : undefined
  }
}

/** The argument object. In a request other JSON throws InvalidRequest; in an answer (cut by max_tokens) it is a loss. */
function toolInput(text: string, at: string | undefined, { into, losses }: Writing): Json {
  const input = text === '' ? {} : parse(text)
  if (isMembers(input)) return input
  const path = at ?? 'tool_call'
  if (into === 'request')
    throw InvalidRequest({ param: path }, `${path}: the arguments of a tool call must be a JSON object`)
  losses.push({ path, why: 'the arguments are not a JSON object' })
  return {}
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function writeToolResult(block: ToolResultBlock, writing: Writing): Members {
  const content = resultContent(block, writing)
  return {
    ...ownMembers(block.extra),
    type: 'tool_result',
    tool_use_id: block.id,
    ...(content !== undefined && { content }),
    ...(block.error !== undefined && { is_error: block.error }),
    ...cacheControl(block),
  }
}

function resultContent(block: ToolResultBlock, writing: Writing): Json | undefined {
  const [first] = block.content
  if (block.plain && block.content.length === 1 && first?.type === 'text') {
    return saysNothing(first.text, writing) ? undefined : first.text
  }
  const content = writeBlocks(block.content, writing)
  const absent = !writing.own || noteOf(block.extra, '$content') === 'absent'
  return content.length === 0 && absent ? undefined : content
}

function writeReasoning(block: ReasoningBlock, writing: Writing): Members | undefined {
  const own = ownMembers(block.extra)
  if (block.redacted !== undefined) return { ...own, type: 'redacted_thinking', data: block.redacted }
  if (block.signature === undefined && writing.into === 'request') {
    return lose(writing, block, 'Anthropic takes reasoning back only with its signature')
  }
  return { ...own, type: 'thinking', thinking: block.text, signature: block.signature ?? '' }
}
