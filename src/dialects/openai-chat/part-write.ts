import type { AudioBlock, Block, FileBlock, ImageBlock, ReasoningBlock } from '../../call/block.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import { writeUrl } from '../data-url.ts'
import { lose, type WriteContext } from '../write-context.ts'
import { DIALECT, isOwn, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'

/** Reports what no part, message or tool of this dialect can carry of a block's annotations. */
export function loseAnnotations(context: WriteContext, item: Pick<Block, 'at' | 'cache' | 'extra'>): void {
  context.losses.push(...foreignLosses(DIALECT, item.at ?? context.at, item.extra))
  if (item.cache !== undefined && !context.own) {
    lose(context, `${item.at ?? context.at}.cache_control`, 'openai-chat vendors cache by themselves and take no marks')
  }
}

/** A block as a content part; undefined, with a loss, when it cannot be one. */
export function writePart(block: Block, context: WriteContext): Members | undefined {
  switch (block.type) {
    case 'text':
      if (noteOf(block.extra, '$part') === 'refusal') {
        return { ...ownMembers(block.extra), type: 'refusal', refusal: block.text }
      }
      return {
        ...ownMembers(block.extra, 'cache_control'),
        type: noteOf(block.extra, '$type') ?? 'text',
        text: block.text,
        ...cacheMark(block, context),
      }
    case 'image':
      return writeImage(block, context)
    case 'audio':
      return writeAudio(block, context)
    case 'file':
      return writeFile(block, context)
    case 'reasoning':
      return writeThinking(block, context)
    case 'opaque':
      if (block.dialect === DIALECT) return block.value as Members
      return lose(context, block.at, `only ${block.dialect} understands this block`)
    default:
      return lose(context, block.at, `a ${block.type} block cannot be a part of this message`)
  }
}

/** The cache mark as it was read from this dialect; other dialects' marks were reported by loseAnnotations. */
export function cacheMark(item: Pick<Block, 'cache' | 'extra'>, context: WriteContext): Members {
  if (item.cache === undefined || !context.own) return {}
  const { ttl } = item.cache
  const inner = nestedMembers(item.extra, 'cache_control')
  return { cache_control: { type: 'ephemeral', ...(ttl !== undefined && { ttl }), ...inner } }
}

function writeImage(block: ImageBlock, context: WriteContext): Members | undefined {
  const url = writeUrl(block.source)
  if (url === undefined) return lose(context, block.at, 'an image has to be an address or base64 data')
  const inner = { ...nestedMembers(block.extra, 'image_url'), url, ...(block.detail && { detail: block.detail }) }
  return {
    ...ownMembers(block.extra, 'image_url', 'cache_control'),
    type: 'image_url',
    image_url: noteOf(block.extra, '$form') === 'string' ? url : inner,
    ...cacheMark(block, context),
  }
}

/** OpenAI's words for sound formats, where they are not the media type's subtype. */
const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ['audio/mpeg', 'mp3'],
  ['audio/x-wav', 'wav'],
  ['audio/wave', 'wav'],
])

function writeAudio(block: AudioBlock, context: WriteContext): Members | undefined {
  const { source } = block
  if (source.kind !== 'base64') return lose(context, block.at, 'sound has to be base64 data')
  const subtype = source.mediaType.slice(source.mediaType.indexOf('/') + 1)
  const format = isOwn(block.extra) || context.own ? subtype : (AUDIO_FORMATS.get(source.mediaType) ?? subtype)
  return {
    ...ownMembers(block.extra, 'input_audio', 'cache_control'),
    type: 'input_audio',
    input_audio: { ...nestedMembers(block.extra, 'input_audio'), data: source.data, format },
    ...cacheMark(block, context),
  }
}

function writeFile(block: FileBlock, context: WriteContext): Members | undefined {
  const data = fileData(block, context)
  if (data === undefined) return undefined
  if ('text' in data) return data
  const name = block.name ?? (context.own || !('file_data' in data) ? undefined : 'document.pdf')
  return {
    ...ownMembers(block.extra, 'file', 'cache_control'),
    type: 'file',
    file: { ...nestedMembers(block.extra, 'file'), ...data, ...(name !== undefined && { filename: name }) },
    ...cacheMark(block, context),
  }
}

function fileData(block: FileBlock, context: WriteContext): Members | undefined {
  const { source } = block
  switch (source.kind) {
    case 'base64':
      return { file_data: noteOf(block.extra, '$form') === 'bare' ? source.data : (writeUrl(source) ?? '') }
    case 'url':
      // OpenRouter takes an address in `file_data`; OpenAI itself does not.
      if (context.own) return { file_data: source.url }
      return lose(context, block.at, 'a file has to be base64 data or the id of an upload')
    case 'id':
      if (context.own) return { file_id: source.id }
      return lose(context, block.at, 'the id of an upload means nothing to another vendor')
    case 'text':
      // Files here are PDF; a plain text document can only be said as text.
      if (block.name !== undefined) lose(context, `${block.at ?? context.at}.title`, 'a text document is sent as text')
      return { type: 'text', text: source.text }
  }
}

function writeThinking(block: ReasoningBlock, context: WriteContext): Members | undefined {
  if (noteOf(block.extra, '$member') !== 'thinking') {
    return lose(context, block.at, 'reasoning can stand in assistant messages only')
  }
  const pieces: Json = noteOf(block.extra, '$pieces') ?? [{ type: 'text', text: block.text }]
  return {
    ...ownMembers(block.extra, 'cache_control'),
    type: 'thinking',
    thinking: pieces,
    ...(block.signature !== undefined && { signature: block.signature }),
    ...cacheMark(block, context),
  }
}
