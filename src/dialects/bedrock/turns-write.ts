import type { Call, Turn } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'
import { refuseStrayResults } from '../tool-results.ts'
import { systemTexts } from '../write-context.ts'
import { type BlockContext, writeBlocks } from './blocks-write.ts'
import { cachePoints } from './cache-points.ts'
import { DIALECT, isObject, type Members, ownMembers } from './members.ts'

/**
 * The turns as `system` and `messages`: system turns are joined in order wherever they stood, and turns of one speaker in a
 * row become one message, since Bedrock wants the two to alternate. Throws InvalidRequest where it could only refuse what is left.
 */
export function writeTurns(call: Call, losses: Loss[]): { system?: Members[]; messages?: Members[] } {
  const context: BlockContext = {
    into: 'request',
    own: call.dialect === DIALECT,
    at: 'messages',
    losses,
    names: new Map(),
  }
  if (!context.own) refuseStrayResults(call.turns, { joined: true })
  const system = writeSystem(call.turns, context)
  const spoken = call.turns.filter(({ role }) => role !== 'system')
  const messages = spoken.map(turn => writeMessage(turn, context)).filter(message => message !== undefined)
  if (context.own) return { ...(system.length > 0 && { system }), ...(messages.length > 0 && { messages }) }
  if (messages.length === 0) {
    throw InvalidRequest({ param: 'messages' }, 'messages must hold a user or assistant message that is not empty')
  }
  return { ...(system.length > 0 && { system }), messages: alternate(messages).map(joinResults).map(introduceDocument) }
}

function writeSystem(turns: readonly Turn[], context: BlockContext): Members[] {
  const leading = turns.findIndex(({ role }) => role !== 'system')
  return turns.flatMap((turn, index) => {
    if (turn.role !== 'system') return []
    if (leading !== -1 && index > leading) {
      context.losses.push({ path: turn.at ?? 'system', why: 'moved to the front: Bedrock has one system prompt' })
    }
    reportTurn(turn, context)
    const blocks = systemTexts(turn.blocks, context, 'a system prompt at Bedrock holds text only')
    return [...writeBlocks(blocks, context), ...cachePoints(turn)]
  })
}

function writeMessage(turn: Turn, context: BlockContext): Members | undefined {
  reportTurn(turn, context)
  const content = writeBlocks(turn.blocks, context)
  if (content.length === 0 && !context.own) {
    context.losses.push({ path: turn.at ?? 'messages', why: 'Bedrock refuses a message without content' })
    return undefined
  }
  const role = turn.role === 'tool' ? 'user' : turn.role
  return { ...ownMembers(turn.extra), role, content: [...content, ...cachePoints(turn)] }
}

function reportTurn(turn: Turn, { losses }: BlockContext): void {
  losses.push(...foreignLosses(DIALECT, turn.at, turn.extra))
  if (turn.name !== undefined) losses.push({ path: `${turn.at ?? 'messages'}.name`, why: 'Bedrock names no speakers' })
}

type Message = Members & { readonly content?: readonly Members[] }

function alternate(messages: readonly Message[]): Message[] {
  const joined: Message[] = []
  for (const message of messages) {
    const before = joined.at(-1)
    if (before === undefined || before.role !== message.role) joined.push(message)
    else joined[joined.length - 1] = { ...before, content: [...(before.content ?? []), ...(message.content ?? [])] }
  }
  return joined
}

/** Two results of one call, which Bedrock refuses, become one; results come first, as it wants them. */
function joinResults(message: Message): Message {
  const results = new Map<string, Members>()
  const others: Members[] = []
  for (const block of message.content ?? []) {
    const { toolResult } = block as { readonly toolResult?: Result }
    if (toolResult === undefined) {
      others.push(block)
      continue
    }
    const earlier = results.get(toolResult.toolUseId) as { readonly toolResult: Result } | undefined
    const content = [...(earlier?.toolResult.content ?? []), ...toolResult.content]
    const failed = earlier?.toolResult.status === 'error' ? { status: 'error' } : {}
    results.set(toolResult.toolUseId, { toolResult: { ...earlier?.toolResult, ...toolResult, content, ...failed } })
  }
  return results.size === 0 ? message : { ...message, content: [...results.values(), ...others] }
}

/** Bedrock answers 400 "A text block must be included when using documents": one that comes without a word is named. */
function introduceDocument(message: Message): Message {
  const { content = [] } = message
  const document = content.find(block => isObject(block.document))?.document
  if (!isObject(document) || content.some(block => block.text !== undefined)) return message
  return { ...message, content: [...content, { text: document.name ?? '' }] }
}

type Result = Members & { readonly toolUseId: string; readonly content: readonly Members[] }
