import type { Block } from '../../call/block.ts'
import type { Call, Turn } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'
import { refuseStrayResults } from '../tool-results.ts'
import { type Writing, writeBlocks } from './blocks-write.ts'
import { cachePoints } from './cache-points.ts'
import { DIALECT, isMembers, type Members, ownMembers } from './members.ts'

/**
 * The turns as `system` and `messages`: system turns are joined in order wherever they stood, and turns of one speaker in a
 * row become one message, since Bedrock wants the two to alternate. Throws InvalidRequest where it could only refuse what is left.
 */
export function writeTurns(call: Call, losses: Loss[]): { system?: Members[]; messages?: Members[] } {
  const writing: Writing = { into: 'request', own: call.dialect === DIALECT, losses, names: new Map() }
  if (!writing.own) refuseStrayResults(call.turns, { joined: true })
  const system = writeSystem(call.turns, writing)
  const spoken = call.turns.filter(({ role }) => role !== 'system')
  const messages = spoken.map(turn => writeMessage(turn, writing)).filter(message => message !== undefined)
  if (writing.own) return { ...(system.length > 0 && { system }), ...(messages.length > 0 && { messages }) }
  if (messages.length === 0) {
    throw InvalidRequest({ param: 'messages' }, 'messages must hold a user or assistant message that is not empty')
  }
  return { ...(system.length > 0 && { system }), messages: alternate(messages).map(joinResults).map(introduceDocument) }
}

function writeSystem(turns: readonly Turn[], writing: Writing): Members[] {
  const leading = turns.findIndex(({ role }) => role !== 'system')
  return turns.flatMap((turn, index) => {
    if (turn.role !== 'system') return []
    if (leading !== -1 && index > leading) {
      writing.losses.push({ path: turn.at ?? 'system', why: 'moved to the front: Bedrock has one system prompt' })
    }
    reportTurn(turn, writing)
    const blocks = turn.blocks.filter(block => isText(block, writing))
    return [...writeBlocks(blocks, writing), ...cachePoints(turn)]
  })
}

function isText(block: Block, { own, losses }: Writing): boolean {
  if (block.type === 'text' || own) return true
  losses.push({ path: block.at ?? 'system', why: 'a system prompt at Bedrock holds text only' })
  return false
}

function writeMessage(turn: Turn, writing: Writing): Members | undefined {
  reportTurn(turn, writing)
  const content = writeBlocks(turn.blocks, writing)
  if (content.length === 0 && !writing.own) {
    writing.losses.push({ path: turn.at ?? 'messages', why: 'Bedrock refuses a message without content' })
    return undefined
  }
  const role = turn.role === 'tool' ? 'user' : turn.role
  return { ...ownMembers(turn.extra), role, content: [...content, ...cachePoints(turn)] }
}

function reportTurn(turn: Turn, { losses }: Writing): void {
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
  const document = content.find(block => isMembers(block.document))?.document
  if (!isMembers(document) || content.some(block => block.text !== undefined)) return message
  return { ...message, content: [...content, { text: document.name ?? '' }] }
}

type Result = Members & { readonly toolUseId: string; readonly content: readonly Members[] }
