import type { Block, Extra, ToolResultBlock } from '../../call/block.ts'
import type { Call, Turn } from '../../call/call.ts'
import { Joined } from '../../call/extra.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'
import { refuseStrayResults } from '../tool-results.ts'
import { type ContentContext, isLeftOut, systemTexts } from '../write-context.ts'
import { writeBlocks } from './blocks-write.ts'
import { cacheControl, DIALECT, type Members, noteOf, ownMembers } from './members.ts'

/**
 * The turns as `system` and `messages`: system turns are joined in order wherever they stood, tool turns in a row become one
 * user message. Throws InvalidRequest where Anthropic could only refuse what is left.
 */
export function writeTurns(call: Call, losses: Loss[]): { system?: Json; messages: Members[] } {
  const context: ContentContext = { into: 'request', own: call.dialect === DIALECT, at: 'messages', losses }
  const turns = context.own ? call.turns : joinToolTurns(call.turns)
  const system = writeSystem(
    turns.filter(isSystem),
    turns.findIndex(turn => !isSystem(turn)),
    turns,
    context,
  )
  const messages = turns
    .filter(turn => !isSystem(turn))
    .map(turn => writeMessage(turn, context))
    .filter(message => message !== undefined)
  if (messages.length === 0 && !context.own) {
    throw InvalidRequest({ param: 'messages' }, 'messages must hold a user or assistant message that is not empty')
  }
  return { ...(system !== undefined && { system }), messages }
}

/** System turns that go to `system`; Anthropic's own system messages inside `messages` stay there. */
function isSystem(turn: Turn): boolean {
  return turn.role === 'system' && noteOf(turn.extra, '$message') === undefined
}

function writeSystem(
  parts: Turn[],
  leading: number,
  turns: readonly Turn[],
  context: ContentContext,
): Json | undefined {
  for (const turn of parts) {
    if (leading !== -1 && turns.indexOf(turn) > leading) {
      context.losses.push({ path: turn.at ?? 'system', why: 'moved to the front: Anthropic has one system prompt' })
    }
    reportTurn(turn, context)
  }
  const [first] = parts
  if (first !== undefined && parts.length === 1) {
    const text = plainText(first, context)
    if (text !== undefined) return text
  }
  const texts = parts.flatMap(({ blocks }) =>
    systemTexts(blocks, context, 'a system prompt at Anthropic holds text only'),
  )
  const blocks = writeBlocks(texts, context)
  return blocks.length === 0 && (first === undefined || !context.own) ? undefined : blocks
}

function writeMessage(turn: Turn, context: ContentContext): Members | undefined {
  reportTurn(turn, context)
  const role = turn.role === 'tool' ? 'user' : turn.role
  const text = plainText(turn, context)
  if (text !== undefined) return { ...ownMembers(turn.extra), role, content: text }
  const content = writeBlocks(turn.blocks, context)
  if (content.length === 0 && !context.own) {
    context.losses.push({ path: turn.at ?? 'messages', why: 'Anthropic refuses a message without content' })
    return undefined
  }
  return { ...ownMembers(turn.extra), role, content: markLast(content, turn) }
}

/** The text of a turn that was a plain string and can be one again. */
function plainText(turn: Turn, context: ContentContext): string | undefined {
  const [only] = turn.blocks
  if (!turn.plain || turn.blocks.length !== 1 || only?.type !== 'text') return undefined
  if (turn.cache !== undefined || only.cache !== undefined || isLeftOut(only.text, context)) return undefined
  context.losses.push(...foreignLosses(DIALECT, only.at, only.extra))
  return only.text
}

/** A cache mark on a whole turn stands on its last block. */
function markLast(content: Members[], turn: Turn): Members[] {
  const last = content.at(-1)
  if (turn.cache === undefined || last === undefined) return content
  return [...content.slice(0, -1), { ...cacheControl(turn), ...last }]
}

function reportTurn(turn: Turn, { losses }: ContentContext): void {
  losses.push(...foreignLosses(DIALECT, turn.at, turn.extra))
  if (turn.name !== undefined)
    losses.push({ path: `${turn.at ?? 'messages'}.name`, why: 'Anthropic names no speakers' })
}

/**
 * Tool turns in a row become one, as Anthropic wants the results of a turn's calls in the next message. Two results of one
 * call that stand together are joined; any other one too many throws InvalidRequest with its id, as one without its call does.
 */
function joinToolTurns(turns: readonly Turn[]): Turn[] {
  refuseStrayResults(turns, { joined: true })
  const joined: Turn[] = []
  for (const turn of turns) {
    const before = joined.at(-1)
    if (turn.role === 'tool' && before?.role === 'tool') {
      joined[joined.length - 1] = { ...before, blocks: [...before.blocks, ...turn.blocks] }
    } else {
      joined.push(turn)
    }
  }
  return joined.map(turn => ({ ...turn, blocks: joinResults(turn) }))
}

function joinResults({ role, blocks }: Turn): readonly Block[] {
  const count = blocks.filter(({ type }) => type === 'tool-result').length
  if (count < 2 && role !== 'tool') return blocks
  const results = new Map<string, ToolResultBlock>()
  const others: Block[] = []
  for (const block of blocks) {
    if (block.type !== 'tool-result') {
      others.push(block)
      continue
    }
    const earlier = results.get(block.id)
    results.set(block.id, earlier === undefined ? block : joinResult(earlier, block))
  }
  return [...results.values(), ...others]
}

function joinResult(earlier: ToolResultBlock, later: ToolResultBlock): ToolResultBlock {
  const { plain: _, ...block } = earlier
  const { cache = earlier.cache, error } = later
  const extra = new Joined<Extra>('replace', earlier.extra, later.extra).whole()
  return {
    ...block,
    content: [...earlier.content, ...later.content],
    ...(error === true && { error }),
    ...(cache !== undefined && { cache }),
    ...(extra !== undefined && { extra }),
  }
}
