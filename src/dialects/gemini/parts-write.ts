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
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'
import { mediaTypeOfUrl } from './media-type.ts'
import { DIALECT, isMembers, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'

/** Where parts are written to. */
export interface Writing {
  readonly into: 'request' | 'response'
  /** The call was read from this dialect: its vendor-only values are valid, and its form is kept. */
  readonly own: boolean
  /** Where losses stand whose block does not know its own place. */
  readonly at: string
  readonly losses: Loss[]
}

/** A block as a part, or undefined with a loss where there is none. Results of tools are for `writeResult`. */
export function writePart(block: Block, writing: Writing): Members | undefined {
  reportAnnotations(block, writing)
  switch (block.type) {
    case 'text':
      // Google refuses empty text, unless it is what its signature stands on.
      if (block.text === '' && !writing.own && ownMembers(block.extra).thoughtSignature === undefined) return undefined
      return { ...ownMembers(block.extra), text: block.text }
    case 'tool-call':
      return writeCall(block, writing)
    case 'reasoning':
      return writeThought(block, writing)
    case 'image':
    case 'audio':
    case 'file':
      return writeMedia(block, writing)
    case 'opaque':
      if (block.dialect === DIALECT && isMembers(block.value)) return block.value
      return lose(writing, block, `only ${block.dialect} knows this block`)
    case 'tool-result':
      return lose(writing, block, 'an answer of Gemini holds no tool-result')
  }
}

/** Reports what no part can carry of what is attached to a block. */
export function reportAnnotations({ at, cache, extra }: Pick<Block, 'at' | 'cache' | 'extra'>, writing: Writing): void {
  const place = at ?? writing.at
  writing.losses.push(...foreignLosses(DIALECT, place, extra))
  if (cache !== undefined) {
    writing.losses.push({ path: `${place}.cache_control`, why: 'Gemini caches by itself and takes no marks' })
  }
}

/** Reports that a block is gone. */
export function lose({ at, losses }: Writing, block: Block, why: string): undefined {
  losses.push({ path: block.at ?? at, why })
}

function writeCall(block: ToolCallBlock, writing: Writing): Members {
  const args = callArguments(block, writing)
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

/** The argument object. In a request other JSON throws InvalidRequest; in an answer (cut by a limit) it is a loss. */
function callArguments(block: ToolCallBlock, { into, at, losses }: Writing): Json {
  const args = block.arguments === '' ? {} : parse(block.arguments)
  if (isMembers(args)) return args
  const path = block.at ?? at
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

/** A client is given another vendor's signature to keep; a vendor takes back only its own. */
function writeThought(block: ReasoningBlock, writing: Writing): Members | undefined {
  if (block.redacted !== undefined) return lose(writing, block, 'Gemini has no encrypted reasoning')
  if (writing.into === 'request' && !writing.own) {
    return lose(writing, block, 'reasoning is taken back only by the vendor that gave it')
  }
  return {
    ...ownMembers(block.extra),
    text: block.text,
    thought: true,
    ...(block.signature !== undefined && { thoughtSignature: block.signature }),
  }
}

function writeMedia(block: ImageBlock | AudioBlock | FileBlock, writing: Writing): Members | undefined {
  const own = ownMembers(block.extra, 'inlineData', 'fileData')
  const { source } = block
  reportNames(block, writing)
  switch (source.kind) {
    case 'base64': {
      const blob = { mimeType: source.mediaType, data: noteOf(block.extra, '$data') ?? source.data }
      return { ...own, inlineData: { ...nestedMembers(block.extra, 'inlineData'), ...blob } }
    }
    case 'url': {
      const mimeType = writing.own ? noteOf(block.extra, '$mimeType') : mediaTypeOfUrl(source.url, block.type)
      const file = { fileUri: source.url, ...(mimeType !== undefined && { mimeType }) }
      return { ...own, fileData: { ...nestedMembers(block.extra, 'fileData'), ...file } }
    }
    case 'text':
      return { text: source.text }
    case 'id':
      return lose(writing, block, 'the id of an upload means nothing to another vendor')
  }
}

function reportNames(block: ImageBlock | AudioBlock | FileBlock, { at, losses }: Writing): void {
  const place = block.at ?? at
  if (block.type === 'file' && block.name !== undefined) {
    losses.push({ path: `${place}.name`, why: 'a file at Gemini has no name' })
  }
  if (block.type === 'image' && block.detail !== undefined && block.detail !== 'auto') {
    losses.push({ path: `${place}.detail`, why: 'Gemini decides on the detail itself' })
  }
}
