import type {
  AudioBlock,
  Block,
  FileBlock,
  ImageBlock,
  ReasoningBlock,
  ToolCallBlock,
  ToolResultBlock,
} from '../../call/block.ts'
import { foreignLosses } from '../../call/foreign.ts'
import { argumentObject } from '../tool-arguments.ts'
import { type ContentContext, lose } from '../write-context.ts'
import { mediaTypeOfUrl } from './media-type.ts'
import { DIALECT, isObject, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'

/** A block as a part, or undefined with a loss where there is none. Results of tools are for `writeResult`. */
export function writePart(block: Block, context: ContentContext): Members | undefined {
  reportAnnotations(block, context)
  switch (block.type) {
    case 'text':
      // Google refuses empty text, unless it is what its signature stands on.
      if (block.text === '' && !context.own && ownMembers(block.extra).thoughtSignature === undefined) return undefined
      return { ...ownMembers(block.extra), text: block.text }
    case 'tool-call':
      return writeCall(block, context)
    case 'reasoning':
      return writeThought(block, context)
    case 'image':
    case 'audio':
    case 'file':
      return writeMedia(block, context)
    case 'opaque':
      if (block.dialect === DIALECT && isObject(block.value)) return block.value
      return lose(context, block.at, `only ${block.dialect} knows this block`)
    case 'tool-result':
      return lose(context, block.at, 'an answer of Gemini holds no tool-result')
  }
}

/** Reports what no part can carry of what is attached to a block. */
export function reportAnnotations(
  { at, cache, extra }: Pick<Block, 'at' | 'cache' | 'extra'>,
  context: ContentContext,
): void {
  const place = at ?? context.at
  context.losses.push(...foreignLosses(DIALECT, place, extra))
  if (cache !== undefined) {
    context.losses.push({ path: `${place}.cache_control`, why: 'Gemini caches by itself and takes no marks' })
  }
}

function writeCall(block: ToolCallBlock, context: ContentContext): Members {
  const args = argumentObject(block, context)
  const inner = {
    ...nestedMembers(block.extra, 'functionCall'),
    ...writeId(block),
    name: block.name,
    ...((noteOf(block.extra, '$args') !== 'none' || block.arguments !== '{}') && { args }),
  }
  return { ...ownMembers(block.extra, 'functionCall'), functionCall: inner }
}

/** The id of a call or its result, unless it was made up for the hub. */
export function writeId({ id, extra }: ToolCallBlock | ToolResultBlock): Members {
  const form = noteOf(extra, '$id')
  return form === 'none' ? {} : { id: form ?? id }
}

/** A client is given another vendor's signature to keep; a vendor takes back only its own. */
function writeThought(block: ReasoningBlock, context: ContentContext): Members | undefined {
  if (block.redacted !== undefined) return lose(context, block.at, 'Gemini has no encrypted reasoning')
  if (context.into === 'request' && !context.own) {
    return lose(context, block.at, 'reasoning is taken back only by the vendor that gave it')
  }
  return {
    ...ownMembers(block.extra),
    text: block.text,
    thought: true,
    ...(block.signature !== undefined && { thoughtSignature: block.signature }),
  }
}

function writeMedia(block: ImageBlock | AudioBlock | FileBlock, context: ContentContext): Members | undefined {
  const own = ownMembers(block.extra, 'inlineData', 'fileData')
  const { source } = block
  reportNames(block, context)
  switch (source.kind) {
    case 'base64': {
      const blob = { mimeType: source.mediaType, data: noteOf(block.extra, '$data') ?? source.data }
      return { ...own, inlineData: { ...nestedMembers(block.extra, 'inlineData'), ...blob } }
    }
    case 'url': {
      const mimeType = context.own ? noteOf(block.extra, '$mimeType') : mediaTypeOfUrl(source.url, block.type)
      const file = { fileUri: source.url, ...(mimeType !== undefined && { mimeType }) }
      return { ...own, fileData: { ...nestedMembers(block.extra, 'fileData'), ...file } }
    }
    case 'text':
      return { text: source.text }
    case 'id':
      return lose(context, block.at, 'the id of an upload means nothing to another vendor')
  }
}

function reportNames(block: ImageBlock | AudioBlock | FileBlock, { at, losses }: ContentContext): void {
  const place = block.at ?? at
  if (block.type === 'file' && block.name !== undefined) {
    losses.push({ path: `${place}.name`, why: 'a file at Gemini has no name' })
  }
  if (block.type === 'image' && block.detail !== undefined && block.detail !== 'auto') {
    losses.push({ path: `${place}.detail`, why: 'Gemini decides on the detail itself' })
  }
}
