import type { Block, ToolResultBlock } from '../../call/block.ts'
import type { Turn } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { lose, type WriteContext } from '../write-context.ts'
import { writeAssistant } from './assistant-write.ts'
import { DIALECT, type Members, noteOf, ownMembers } from './members.ts'
import { cacheMark, loseAnnotations, writePart } from './part-write.ts'

/** The turns as `messages`. One turn may give several: tool results are messages of their own here. */
export function writeMessages(turns: readonly Turn[], context: WriteContext): Members[] {
  return turns.flatMap(turn => {
    loseAnnotations(context, turn)
    if (turn.blocks.length > 0 && turn.blocks.every(isForeign)) {
      writeContent(turn.blocks, false, context)
      return []
    }
    switch (turn.role) {
      case 'assistant':
        return [writeAssistantTurn(turn, context)]
      case 'system':
        return [writePlainTurn(turn, noteOf(turn.extra, '$role') ?? 'system', turn.blocks, context)]
      default:
        return writeUserTurn(turn, context)
    }
  })
}

/** Only another dialect understands it: of a turn that holds nothing else an empty message would be left. */
function isForeign(block: Block): boolean {
  return block.type === 'opaque' && block.dialect !== DIALECT
}

/** What stands in a turn beside its content. */
function turnMembers(turn: Turn, context: WriteContext): Members {
  return {
    ...ownMembers(turn.extra, 'cache_control'),
    ...(turn.name !== undefined && { name: turn.name }),
    ...cacheMark(turn, context),
  }
}

function writePlainTurn(turn: Turn, role: Json, blocks: readonly Block[], context: WriteContext): Members {
  return { ...turnMembers(turn, context), role, ...writeContent(blocks, turn.plain === true, context) }
}

/** `content`, or nothing where it was null or absent and still is. */
function writeContent(blocks: readonly Block[], plain: boolean, context: WriteContext): { content?: Json } {
  const parts: Members[] = []
  for (const block of blocks) {
    loseAnnotations(context, block)
    const part = writePart(block, context)
    if (part !== undefined) parts.push(part)
  }
  return contentOf(parts, plain, context)
}

/** Many compatible vendors take lists only from users, so a single text of another dialect is written as a string. */
function contentOf(parts: readonly Members[], plain: boolean, context: WriteContext): { content?: Json } {
  const [only] = parts
  if (only === undefined) return context.own ? {} : { content: '' }
  const text = parts.length === 1 && only.type === 'text' ? only.text : undefined
  return text !== undefined && (plain || !context.own) ? { content: text } : { content: parts }
}

function writeAssistantTurn(turn: Turn, context: WriteContext): Members {
  const repeated = noteOf(turn.extra, '$repeated')
  const { parts, members } = writeAssistant(turn.blocks, context, { answer: false, repeated })
  const silent = parts.length === 0 && !context.own && members.tool_calls !== undefined
  const content = silent ? { content: null } : contentOf(parts, turn.plain === true, context)
  return { ...turnMembers(turn, context), role: 'assistant', ...content, ...members }
}

/** Tool results first, since they have to follow the calls directly; what else the turn says comes behind, as user. */
function writeUserTurn(turn: Turn, context: WriteContext): Members[] {
  const results = turn.blocks.filter(block => block.type === 'tool-result')
  const others: Block[] = turn.blocks.filter(block => block.type !== 'tool-result')
  const single = turn.role === 'tool' && turn.blocks.length === 1
  const messages = results.map(result => {
    const members = single ? turnMembers(turn, context) : {}
    return { ...members, ...writeToolResult(result, others, noteOf(turn.extra, '$role'), context) }
  })
  if (others.length === 0 && results.length > 0) return messages
  return [...messages, writePlainTurn(turn, 'user', others, context)]
}

/** A tool message holds text only: images and files of another dialect's result move to `others`, the user message behind. */
function writeToolResult(
  block: ToolResultBlock,
  others: Block[],
  role: Json | undefined,
  context: WriteContext,
): Members {
  loseAnnotations(context, block)
  if (block.error === true) lose(context, `${block.at ?? context.at}.is_error`, 'a tool message has no error mark')
  const kept: Block[] = []
  for (const inner of block.content) {
    if (context.own || (inner.type !== 'image' && inner.type !== 'file')) kept.push(inner)
    else {
      lose(context, inner.at ?? block.at, 'a tool message holds text only: moved into a user message behind it')
      others.push(inner)
    }
  }
  const content = writeContent(kept, block.plain === true, context)
  return role === 'function' ? { role, ...content } : { role: 'tool', tool_call_id: block.id, ...content }
}
