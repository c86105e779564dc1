import type { Block, FileBlock, ImageBlock, TextBlock } from '../../call/block.ts'
import { foreignLosses } from '../../call/foreign.ts'
import { writeUrl } from '../data-url.ts'
import { lose, type WriteContext } from '../write-context.ts'
import { DIALECT, isOwn, type Members, noteOf, ownMembers } from './members.ts'

/** For writing a part. */
export interface PartContext extends WriteContext {
  /** What every text of an answer has, when another dialect's does not bring it. */
  readonly textForm?: Members
}

/** Reports what nothing of this dialect can carry of a block's, a turn's or a tool's annotations. */
export function loseAnnotations(context: WriteContext, item: Pick<Block, 'at' | 'cache' | 'extra'>): void {
  context.losses.push(...foreignLosses(DIALECT, item.at ?? context.at, item.extra))
  if (item.cache !== undefined) {
    lose(context, `${item.at ?? context.at}.cache_control`, 'OpenAI caches by itself and takes no marks')
  }
}

/** A block as a part of a message or of a tool's output; undefined, with a loss, when it cannot be one. */
export function writePart(block: Block, speaker: 'model' | 'client', context: PartContext): Members | undefined {
  loseAnnotations(context, block)
  switch (block.type) {
    case 'text':
      return writeText(block, speaker, context)
    case 'image':
    case 'file':
      if (speaker === 'model' && !context.own) {
        return lose(context, block.at, `a message of the model cannot hold a block of type ${block.type}`)
      }
      return block.type === 'image' ? writeImage(block, context) : writeFile(block, context)
    case 'opaque':
      if (block.dialect === DIALECT) return block.value as Members
      return lose(context, block.at, `only ${block.dialect} understands this block`)
    default:
      return lose(context, block.at, `a message cannot hold a block of type ${block.type}`)
  }
}

function writeText(block: TextBlock, speaker: 'model' | 'client', { textForm }: PartContext): Members {
  const own = ownMembers(block.extra, 'message')
  const type = noteOf(block.extra, '$type') ?? textType(block, speaker)
  if (type === 'refusal') return { ...own, type, refusal: block.text }
  return { ...(!isOwn(block.extra) && textForm), ...own, type, text: block.text }
}

function textType({ refusal }: TextBlock, speaker: 'model' | 'client'): string {
  if (speaker === 'client') return 'input_text'
  return refusal === true ? 'refusal' : 'output_text'
}

function writeImage(block: ImageBlock, context: WriteContext): Members | undefined {
  const { source } = block
  const url = writeUrl(source)
  const place: Members = source.kind === 'id' ? { file_id: source.id } : { image_url: url ?? '' }
  if (source.kind === 'id' ? !context.own : url === undefined) {
    return lose(context, block.at, 'an image has to be an address or base64 data')
  }
  // The reference asks for it, and `auto` is what it means not to say it.
  const detail = block.detail ?? (context.own ? undefined : 'auto')
  return {
    ...ownMembers(block.extra, 'message'),
    type: 'input_image',
    ...place,
    ...(detail !== undefined && { detail }),
  }
}

function writeFile(block: FileBlock, context: WriteContext): Members | undefined {
  const { source } = block
  // Plain text has no form of a file here that every model reads.
  if (source.kind === 'text') {
    if (block.name !== undefined) lose(context, `${block.at ?? context.at}.title`, 'a text document is sent as text')
    return { type: 'input_text', text: source.text }
  }
  if (source.kind === 'id' && !context.own) {
    return lose(context, block.at, 'the id of an upload means nothing to another vendor')
  }
  // A file in line is refused without a name.
  const name = block.name ?? (context.own || source.kind !== 'base64' ? undefined : 'document.pdf')
  return {
    ...ownMembers(block.extra, 'message'),
    type: 'input_file',
    ...fileMember(block),
    ...(name !== undefined && { filename: name }),
  }
}

function fileMember({ source, extra }: FileBlock): Members {
  if (source.kind === 'id') return { file_id: source.id }
  const inline = source.kind === 'base64' || noteOf(extra, '$form') === 'data'
  return { [inline ? 'file_data' : 'file_url']: writeUrl(source) ?? '' }
}
