import type { Extra } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Finish, FinishReason } from '../../call/result.ts'
import { noteOf } from './members.ts'

/** ai.google.dev/api/generate-content#FinishReason; what is not here is `other`. */
const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['LANGUAGE', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content-filter'],
  ['IMAGE_RECITATION', 'content-filter'],
  ['MODEL_ARMOR', 'content-filter'],
])

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'stop-sequence': 'STOP',
  'tool-calls': 'STOP',
  'content-filter': 'SAFETY',
  refusal: 'SAFETY',
  pause: 'STOP',
  other: 'OTHER',
}

/** `finishReason`. Gemini has no word for an answer that calls tools: it stops (acceptance B4). */
export function readFinish(word: Json | undefined, calls: boolean): Finish {
  if (typeof word !== 'string') return { reason: 'other' }
  const reason = REASONS.get(word) ?? 'other'
  return { reason: reason === 'stop' && calls ? 'tool-calls' : reason, raw: word }
}

/** `finishReason` of an answer: the word that was read, where `extra` of the output notes it. */
export function writeFinish({ reason }: Finish, extra: Extra | undefined): string {
  const word = noteOf(extra, '$finish')
  return typeof word === 'string' ? word : WORDS[reason]
}

/** What `finishReason` cannot say of how another dialect's answer ended; `at` is the candidate. */
export function finishLosses({ reason, raw, sequence }: Finish, extra: Extra | undefined, at: string): Loss[] {
  if (noteOf(extra, '$finish') !== undefined) return []
  const losses: Loss[] = []
  if (sequence !== undefined) {
    losses.push({ path: `${at}.stop_sequence`, why: 'Gemini does not say which stop sequence was met' })
  }
  if (reason === 'pause') {
    losses.push({ path: `${at}.finishReason`, why: 'a pause reads as an end: Gemini has no word for it' })
  }
  if (reason === 'other' && raw !== undefined) {
    losses.push({ path: `${at}.finishReason`, why: `"${raw}" has no counterpart: sent as OTHER` })
  }
  return losses
}
