import type {
  Block,
  FileBlock,
  ImageBlock,
  ReasoningBlock,
  Source,
  TextBlock,
  ToolResultBlock,
} from '../../call/block.ts'
import { foreignLosses } from '../../call/foreign.ts'
import { parseJson } from '../parse-json.ts'
import { argumentObject } from '../tool-arguments.ts'
import { type ContentContext, isLeftOut, lose } from '../write-context.ts'
import { cachePoints } from './cache-points.ts'
import { documentFormat, imageFormat } from './formats.ts'
import { DIALECT, isObject, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'

/** Blocks that Converse takes but never gives. */
const INPUT_ONLY: ReadonlySet<Block['type']> = new Set(['image', 'file', 'tool-result'])

/** Converse takes names of documents of these characters only, without two blanks in a row, and requires one. */
const UNSPEAKABLE = /[^A-Za-z0-9\-()[\] ]+/g

/** Where blocks are written to. */
export interface BlockContext extends ContentContext {
  /** Names of documents that are given away, in small letters, each with the last number behind it; grows. */
  readonly names?: Map<string, number>
}

/** The blocks that can be written, in order, each with the cache point that it is marked by. */
export function writeBlocks(blocks: readonly Block[], context: BlockContext): Members[] {
  return blocks.flatMap(block => {
    const written = writeBlock(block, context)
    return written === undefined ? [] : [written, ...cachePoints(marked(block))]
  })
}

/** Inside of a tool result no cache point can stand: a mark there goes to the result. */
function marked(block: Block): Block {
  if (block.type !== 'tool-result' || block.cache !== undefined) return block
  const inner = block.content.findLast(({ cache }) => cache !== undefined)
  return inner?.cache === undefined ? block : { ...block, cache: inner.cache }
}

/** A block as the content block that Converse knows, or undefined with a loss where there is none. */
export function writeBlock(block: Block, context: BlockContext): Members | undefined {
  context.losses.push(...foreignLosses(DIALECT, block.at ?? context.at, block.extra))
  if (context.into === 'response' && INPUT_ONLY.has(block.type)) {
    return lose(context, block.at, `an answer of Bedrock holds no ${block.type}`)
  }
  switch (block.type) {
    case 'text':
      return writeText(block, context)
    case 'image':
      return writeImage(block, context)
    case 'file':
      return writeDocument(block, context)
    case 'tool-call': {
      const input = argumentObject(block, context)
      const type = noteOf(block.extra, '$type')
      const call = { toolUseId: block.id, name: block.name, input, ...(type !== undefined && { type }) }
      return wrap(block, 'toolUse', call)
    }
    case 'tool-result':
      return writeToolResult(block, context)
    case 'reasoning':
      return writeReasoning(block, context)
    case 'audio':
      return lose(context, block.at, 'Bedrock takes no sound from other APIs')
    case 'opaque':
      if (block.dialect === DIALECT && isObject(block.value)) return block.value
      return lose(context, block.at, `only ${block.dialect} knows this block`)
  }
}

/** A block of one kind, with the members beside and inside of it, and of its objects `deeper`, that only this dialect knows. */
function wrap({ extra }: Block, kind: string, inner: Members, ...deeper: readonly string[]): Members {
  const own = { ...nestedMembers(extra, kind, ...deeper), ...inner }
  const deepest = deeper.map(name => [
    name,
    { ...nestedMembers(extra, `${kind}.${name}`), ...(inner[name] as Members) },
  ])
  return { ...ownMembers(extra, kind), [kind]: { ...own, ...Object.fromEntries(deepest) } }
}

function writeText(block: TextBlock, context: BlockContext): Members | undefined {
  const { text, extra } = block
  if (isLeftOut(text, context) && noteOf(extra, '$blank') === undefined) return undefined
  const { citations, ...own } = ownMembers(extra, 'citationsContent')
  if (citations === undefined) return { ...own, text }
  const content = noteOf(extra, '$pieces') ?? [{ text }]
  return { ...own, citationsContent: { ...nestedMembers(extra, 'citationsContent'), content, citations } }
}

function writeImage(block: ImageBlock, context: BlockContext): Members | undefined {
  const { source, detail, extra } = block
  if (source.kind !== 'base64') return lose(context, block.at, 'Bedrock takes images as base64 data only')
  if (detail !== undefined && detail !== 'auto') {
    context.losses.push({ path: `${block.at ?? context.at}.detail`, why: 'Bedrock decides on the detail itself' })
  }
  const format = noteOf(extra, '$format') ?? imageFormat(source.mediaType, source.data)
  if (format === undefined) return lose(context, block.at, `Bedrock reads no ${source.mediaType}`)
  return wrap(block, 'image', { format, source: { bytes: source.data } }, 'source')
}

function writeDocument(block: FileBlock, context: BlockContext): Members | undefined {
  const source = documentSource(block.source)
  if (source === undefined) return lose(context, block.at, 'Bedrock takes files as base64 data or text only')
  const format = noteOf(block.extra, '$format') ?? (context.own ? undefined : formatOf(block.source))
  if (format === undefined && !context.own) return lose(context, block.at, 'Bedrock does not read this type of file')
  const name = context.own ? block.name : unlike(documentName(block.name), context.names)
  const document = { ...(format !== undefined && { format }), ...(name !== undefined && { name }), source }
  return wrap(block, 'document', document, 'source')
}

function documentSource(source: Source): Members | undefined {
  if (source.kind === 'base64') return { bytes: source.data }
  return source.kind === 'text' ? { text: source.text } : undefined
}

function formatOf(source: Source): string | undefined {
  if (source.kind !== 'base64' && source.kind !== 'text') return undefined
  const known = documentFormat(source.mediaType)
  return known ?? (source.mediaType.startsWith('text/') ? 'txt' : undefined)
}

function documentName(name = ''): string {
  const speakable = name.replace(UNSPEAKABLE, ' ').replace(/ {2,}/g, ' ').trim()
  return speakable === '' ? 'document' : speakable.slice(0, 200)
}

/** Bedrock answers 400 "Messages can't contain duplicate document names": one that is taken is numbered. */
function unlike(name: string, taken = new Map<string, number>()): string {
  const key = name.toLowerCase()
  let number = taken.get(key) ?? 0
  let own = name
  while (taken.has(own.toLowerCase())) {
    number += 1
    own = `${name.slice(0, 190)} ${number}`
  }
  taken.set(own.toLowerCase(), 1)
  taken.set(key, Math.max(number, 1))
  return own
}

function writeToolResult(block: ToolResultBlock, context: BlockContext): Members {
  const content = block.content.map(inner => writeResultContent(inner, context)).filter(inner => inner !== undefined)
  // A result without content is refused; a tool that says nothing has nothing to say.
  const said = content.length === 0 && !context.own ? [{ json: {} }] : content
  return wrap(block, 'toolResult', {
    toolUseId: block.id,
    content: said,
    ...(block.error !== undefined && { status: block.error ? 'error' : 'success' }),
  })
}

function writeResultContent(block: Block, context: BlockContext): Members | undefined {
  if (block.type !== 'text' || noteOf(block.extra, '$json') === undefined) return writeBlock(block, context)
  return { ...ownMembers(block.extra), json: parseJson(block.text, null) }
}

/** As AWS's clients decode it. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function writeReasoning(block: ReasoningBlock, context: BlockContext): Members | undefined {
  const { text, signature, redacted } = block
  if (redacted !== undefined && !BASE64.test(redacted)) {
    return lose(context, block.at, 'sealed reasoning of another vendor is no base64, which Bedrock has it in')
  }
  if (redacted !== undefined) return wrap(block, 'reasoningContent', { redactedContent: redacted })
  if (signature === undefined && context.into === 'request' && !context.own) {
    return lose(context, block.at, 'reasoning is taken back only with its signature')
  }
  const reasoningText = { text, ...(signature !== undefined && { signature }) }
  return wrap(block, 'reasoningContent', { reasoningText }, 'reasoningText')
}
