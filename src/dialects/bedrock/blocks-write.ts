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
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'
import { cachePoints } from './cache-points.ts'
import { documentFormat, imageFormat } from './formats.ts'
import { DIALECT, isMembers, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'

/** Blocks that Converse takes but never gives. */
const INPUT_ONLY: ReadonlySet<Block['type']> = new Set(['image', 'file', 'tool-result'])

/** Converse takes names of documents of these characters only, without two blanks in a row, and requires one. */
const UNSPEAKABLE = /[^A-Za-z0-9\-()[\] ]+/g

/** Where blocks are written to. */
export interface Writing {
  readonly into: 'request' | 'response'
  /** The call was read from this dialect: its form is kept. */
  readonly own: boolean
  /** Where losses stand whose block does not know its own place. */
  readonly at?: string
  readonly losses: Loss[]
  /** Names of documents that are given away, in small letters, each with the last number behind it; grows. */
  readonly names?: Map<string, number>
}

/** The only answer that Converse gives, as losses name it. */
export const ANSWER = 'outputs.0'

/** Writing an answer. */
export function answering(losses: Loss[]): Writing {
  return { into: 'response', own: false, at: ANSWER, losses }
}

/** The blocks that can be written, in order, each with the cache point that it is marked by. */
export function writeBlocks(blocks: readonly Block[], writing: Writing): Members[] {
  return blocks.flatMap(block => {
    const written = writeBlock(block, writing)
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
export function writeBlock(block: Block, writing: Writing): Members | undefined {
  writing.losses.push(...foreignLosses(DIALECT, block.at ?? writing.at, block.extra))
  if (writing.into === 'response' && INPUT_ONLY.has(block.type)) {
    return lose(writing, block, `an answer of Bedrock holds no ${block.type}`)
  }
  switch (block.type) {
    case 'text':
      return writeText(block, writing)
    case 'image':
      return writeImage(block, writing)
    case 'file':
      return writeDocument(block, writing)
    case 'tool-call': {
      const input = toolInput(block.arguments, block.at ?? writing.at, writing)
      const type = noteOf(block.extra, '$type')
      const call = { toolUseId: block.id, name: block.name, input, ...(type !== undefined && { type }) }
      return wrap(block, 'toolUse', call)
    }
    case 'tool-result':
      return writeToolResult(block, writing)
    case 'reasoning':
      return writeReasoning(block, writing)
    case 'audio':
      return lose(writing, block, 'Bedrock takes no sound from other APIs')
    case 'opaque':
      if (block.dialect === DIALECT && isMembers(block.value)) return block.value
      return lose(writing, block, `only ${block.dialect} knows this block`)
  }
}

/** Bedrock refuses blank text; its own callers keep what they sent, and an answer loses only empty text. */
export function saysNothing(text: string, { into, own }: Writing): boolean {
  if (into === 'response') return text === ''
  return !own && text.trim() === ''
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

function lose({ at, losses }: Writing, block: Block, why: string): undefined {
  losses.push({ path: block.at ?? at ?? block.type, why })
}

function writeText(block: TextBlock, writing: Writing): Members | undefined {
  const { text, extra } = block
  if (saysNothing(text, writing) && noteOf(extra, '$blank') === undefined) return undefined
  const { citations, ...own } = ownMembers(extra, 'citationsContent')
  if (citations === undefined) return { ...own, text }
  const content = noteOf(extra, '$pieces') ?? [{ text }]
  return { ...own, citationsContent: { ...nestedMembers(extra, 'citationsContent'), content, citations } }
}

function writeImage(block: ImageBlock, writing: Writing): Members | undefined {
  const { source, detail, extra } = block
  if (source.kind !== 'base64') return lose(writing, block, 'Bedrock takes images as base64 data only')
  if (detail !== undefined && detail !== 'auto') {
    writing.losses.push({ path: `${block.at ?? 'image'}.detail`, why: 'Bedrock decides on the detail itself' })
  }
  const format = noteOf(extra, '$format') ?? imageFormat(source.mediaType, source.data)
  if (format === undefined) return lose(writing, block, `Bedrock reads no ${source.mediaType}`)
  return wrap(block, 'image', { format, source: { bytes: source.data } }, 'source')
}

function writeDocument(block: FileBlock, writing: Writing): Members | undefined {
  const source = documentSource(block.source)
  if (source === undefined) return lose(writing, block, 'Bedrock takes files as base64 data or text only')
  const format = noteOf(block.extra, '$format') ?? (writing.own ? undefined : formatOf(block.source))
  if (format === undefined && !writing.own) return lose(writing, block, 'Bedrock does not read this type of file')
  const name = writing.own ? block.name : unlike(documentName(block.name), writing.names)
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

/** The argument object. In a request other JSON throws InvalidRequest; in an answer (cut by max_tokens) it is a loss. */
function toolInput(text: string, at: string | undefined, { into, losses }: Writing): Json {
  const input = text === '' ? {} : parse(text)
  if (isMembers(input)) return input
  const path = at ?? 'toolUse'
  if (into === 'request') {
    throw InvalidRequest({ param: path }, `${path}: the arguments of a tool call must be a JSON object`)
  }
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
  const content = block.content.map(inner => writeResultContent(inner, writing)).filter(inner => inner !== undefined)
  // A result without content is refused; a tool that says nothing has nothing to say.
  const said = content.length === 0 && !writing.own ? [{ json: {} }] : content
  return wrap(block, 'toolResult', {
    toolUseId: block.id,
    content: said,
    ...(block.error !== undefined && { status: block.error ? 'error' : 'success' }),
  })
}

function writeResultContent(block: Block, writing: Writing): Members | undefined {
  if (block.type !== 'text' || noteOf(block.extra, '$json') === undefined) return writeBlock(block, writing)
  return { ...ownMembers(block.extra), json: parse(block.text) ?? null }
}

/** As AWS's clients decode it. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function writeReasoning(block: ReasoningBlock, writing: Writing): Members | undefined {
  const { text, signature, redacted } = block
  if (redacted !== undefined && !BASE64.test(redacted)) {
    return lose(writing, block, 'sealed reasoning of another vendor is no base64, which Bedrock has it in')
  }
  if (redacted !== undefined) return wrap(block, 'reasoningContent', { redactedContent: redacted })
  if (signature === undefined && writing.into === 'request' && !writing.own) {
    return lose(writing, block, 'reasoning is taken back only with its signature')
  }
  const reasoningText = { text, ...(signature !== undefined && { signature }) }
  return wrap(block, 'reasoningContent', { reasoningText }, 'reasoningText')
}
