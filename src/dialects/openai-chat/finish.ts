import type { Extra } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Finish, FinishReason } from '../../call/result.ts'
import { isOwn, noteOf } from './members.ts'

/** What an answer holds, as far as it changes the meaning of `finish_reason`. */
export interface Holds {
  readonly calls: boolean
  readonly refusal: boolean
}

const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['model_length', 'length'], // Mistral: the context is full.
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
])

/** A `finish_reason` in the hub's words. Calls that were forced by name end with `stop`, and are still calls. */
export function readFinish(word: Json | undefined, holds: Holds): Finish {
  if (typeof word !== 'string') return { reason: 'other' }
  const reason = REASONS.get(word) ?? 'other'
  if (reason !== 'stop') return { reason, raw: word }
  return { reason: holds.calls ? 'tool-calls' : holds.refusal ? 'refusal' : 'stop', raw: word }
}

/** The `finish_reason`: the word that was read from this dialect (`$finish`) while it still means the same. */
export function writeFinish(finish: Finish, extra: Extra | undefined, holds: Holds): string | null {
  const word = noteOf(extra, '$finish')
  if ((typeof word === 'string' || word === null) && readFinish(word, holds).reason === finish.reason) return word
  switch (finish.reason) {
    case 'length':
      return 'length'
    case 'tool-calls':
      return 'tool_calls'
    case 'content-filter':
      return 'content_filter'
    case 'refusal':
      return holds.refusal ? 'stop' : 'content_filter'
    default:
      return 'stop'
  }
}

/** What `finish_reason` cannot say of how another dialect's answer ended; `at` is the choice, `extra` the output's. */
export function finishLosses({ reason, raw, sequence }: Finish, extra: Extra | undefined, at: string): Loss[] {
  if (isOwn(extra)) return []
  const losses: Loss[] = []
  const lose = (member: string, why: string): void => {
    losses.push({ path: `${at}.${member}`, why })
  }
  if (sequence !== undefined) lose('stop_sequence', 'a chat completion does not say which stop sequence was met')
  if (reason === 'pause') lose('finish_reason', 'a pause reads as an end: a chat completion has no word for it')
  if (reason === 'other' && raw !== undefined) lose('finish_reason', `"${raw}" has no counterpart: sent as stop`)
  return losses
}
