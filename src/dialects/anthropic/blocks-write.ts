import type { Block, FileBlock, ImageBlock, ReasoningBlock, Source, ToolResultBlock } from '../../call/block.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import { imageType } from '../image-type.ts'
import { argumentObject } from '../tool-arguments.ts'
import { type ContentContext, isLeftOut, lose } from '../write-context.ts'
import { cacheControl, DIALECT, isObject, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'

/** Blocks that Anthropic takes but never gives. */
const INPUT_ONLY: ReadonlySet<Block['type']> = new Set(['image', 'file', 'tool-result'])

/** A block as the content block that Anthropic knows, or undefined with a loss where there is none. */
export function writeBlock(block: Block, context: ContentContext): Members | undefined {
  context.losses.push(...foreignLosses(DIALECT, block.at ?? context.at, block.extra))
  if (context.into === 'response' && INPUT_ONLY.has(block.type)) {
    return lose(context, block.at, `an answer of Anthropic holds no ${block.type}`)
  }
  switch (block.type) {
    case 'text':
      if (isLeftOut(block.text, context) && noteOf(block.extra, '$blank') === undefined) return undefined
      return { ...ownMembers(block.extra), type: 'text', text: block.text, ...cacheControl(block) }
    case 'image':
      return writeImage(block, context)
    case 'file':
      return writeDocument(block, context)
    case 'tool-call':
      return {
        ...ownMembers(block.extra),
        type: 'tool_use',
        id: block.id,
        name: block.name,
        input: argumentObject(block, context),
        ...cacheControl(block),
      }
    case 'tool-result':
      return writeToolResult(block, context)
    case 'reasoning':
      return writeReasoning(block, context)
    case 'audio':
      return lose(context, block.at, 'Anthropic takes no audio')
    case 'opaque':
      if (block.dialect === DIALECT && isObject(block.value)) return block.value
      return lose(context, block.at, `only ${block.dialect} knows this block`)
  }
}

/** The blocks that can be written, in order. */
export function writeBlocks(blocks: readonly Block[], context: ContentContext): Members[] {
  return blocks.map(block => writeBlock(block, context)).filter(block => block !== undefined)
}

function writeImage(block: ImageBlock, context: ContentContext): Members | undefined {
  const source = writeSource(block.source, context)
  if (source === undefined || block.source.kind === 'text') {
    return lose(context, block.at, 'Anthropic cannot reach this image')
  }
  if (block.detail !== undefined && block.detail !== 'auto') {
    context.losses.push({ path: `${block.at ?? context.at}.detail`, why: 'Anthropic decides on the detail itself' })
  }
  const inner = { ...nestedMembers(block.extra, 'source'), ...source }
  return { ...ownMembers(block.extra, 'source'), type: 'image', source: inner, ...cacheControl(block) }
}

function writeDocument(block: FileBlock, context: ContentContext): Members | undefined {
  const source = writeSource(asDocument(block.source), context)
  if (source === undefined) return lose(context, block.at, 'Anthropic cannot reach this file')
  if (source.type === 'base64' && source.media_type !== 'application/pdf' && !context.own) {
    return lose(context, block.at, `Anthropic reads PDF and plain text, not ${source.media_type}`)
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

function writeSource(source: Source, { own }: ContentContext): Members | undefined {
  switch (source.kind) {
    case 'base64':
      return {
        type: 'base64',
        media_type:
          own || !source.mediaType.startsWith('image/') ? source.mediaType : imageType(source.mediaType, source.data),
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

function writeToolResult(block: ToolResultBlock, context: ContentContext): Members {
  const content = resultContent(block, context)
  return {
    ...ownMembers(block.extra),
    type: 'tool_result',
    tool_use_id: block.id,
    ...(content !== undefined && { content }),
    ...(block.error !== undefined && { is_error: block.error }),
    ...cacheControl(block),
  }
}

function resultContent(block: ToolResultBlock, context: ContentContext): Json | undefined {
  const [first] = block.content
  if (block.plain && block.content.length === 1 && first?.type === 'text') {
    return isLeftOut(first.text, context) ? undefined : first.text
  }
  const content = writeBlocks(block.content, context)
  const absent = !context.own || noteOf(block.extra, '$content') === 'absent'
  return content.length === 0 && absent ? undefined : content
}

function writeReasoning(block: ReasoningBlock, context: ContentContext): Members | undefined {
  const own = ownMembers(block.extra)
  if (block.redacted !== undefined) return { ...own, type: 'redacted_thinking', data: block.redacted }
  if (block.signature === undefined && context.into === 'request') {
    return lose(context, block.at, 'Anthropic takes reasoning back only with its signature')
  }
  return { ...own, type: 'thinking', thinking: block.text, signature: block.signature ?? '' }
}
