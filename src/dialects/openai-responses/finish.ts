import type { Block, Extra } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Finish, FinishReason } from '../../call/result.ts'
import { isObject, isOwn, type Members, noteOf } from './members.ts'

const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['max_output_tokens', 'length'],
  ['content_filter', 'content-filter'],
])

/** What an answer holds, as far as it tells how a completed one ended. */
export interface Holds {
  readonly calls: boolean
  readonly refusal: boolean
}

/** `status` and `incomplete_details` in the hub's words: a completed answer ends with calls, a refusal or nothing more to say. */
export function readFinish(response: Members, holds: Holds): Finish {
  const { status, incomplete_details: details } = response
  if (status === 'incomplete') {
    const raw = isObject(details) && typeof details.reason === 'string' ? details.reason : status
    return { reason: REASONS.get(raw) ?? 'other', raw }
  }
  if (status !== 'completed') return { reason: 'other', ...(typeof status === 'string' && { raw: status }) }
  return { reason: holds.calls ? 'tool-calls' : holds.refusal ? 'refusal' : 'stop', raw: status }
}

/** `status` and `incomplete_details`; as they were read (`$status`) while that still means the same. */
export function writeFinish(finish: Finish, extra: Extra | undefined, holds: Holds): Members {
  const read = noteOf(extra, '$status')
  if (isObject(read) && readFinish(read, holds).reason === finish.reason) return read
  switch (finish.reason) {
    case 'length':
      return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    case 'content-filter':
      return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }
    case 'refusal':
      if (holds.refusal) return { status: 'completed', incomplete_details: null }
      return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }
    default:
      return { status: 'completed', incomplete_details: null }
  }
}

/** What the status cannot say of how another dialect's answer ended. */
export function finishLosses({ reason, raw, sequence }: Finish, extra: Extra | undefined): Loss[] {
  if (isOwn(extra)) return []
  const losses: Loss[] = []
  if (sequence !== undefined) {
    losses.push({ path: 'stop_sequence', why: 'a response does not say which stop sequence was met' })
  }
  if (reason === 'pause') losses.push({ path: 'status', why: 'a pause reads as an end: a response has no word for it' })
  if (reason === 'other' && raw !== undefined) {
    losses.push({ path: 'status', why: `"${raw}" has no counterpart: sent as completed` })
  }
  return losses
}

/** What an answer's blocks hold, for its status. */
export function holdsOf(blocks: readonly Block[]): Holds {
  return {
    calls: blocks.some(isCall),
    refusal: blocks.some(block => block.type === 'text' && block.refusal === true),
  }
}

/** The same of items as they are on the wire. */
export function itemsHold(items: readonly Json[]): Holds {
  return { calls: items.some(isCallItem), refusal: items.some(isRefusalItem) }
}

function isRefusalItem(item: Json): boolean {
  if (!isObject(item) || !Array.isArray(item.content)) return false
  return item.content.some(part => isObject(part) && part.type === 'refusal')
}

function isCall(block: Block): boolean {
  return block.type === 'tool-call' || (block.type === 'opaque' && isCallItem(block.value))
}

/** An item that the client has to answer: a call of a function or of a custom tool. */
export function isCallItem(item: Json): boolean {
  return isObject(item) && (item.type === 'function_call' || item.type === 'custom_tool_call')
}
