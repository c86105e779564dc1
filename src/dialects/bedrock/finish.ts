import type { Extra } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Finish, FinishReason } from '../../call/result.ts'
import { extraOf, noteOf } from './members.ts'

/** Bedrock's service model, StopReason. `malformed_model_output` and `malformed_tool_use` have no neutral word. */
const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['tool_use', 'tool-calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['stop_sequence', 'stop-sequence'],
  ['guardrail_intervened', 'content-filter'],
  ['content_filtered', 'content-filter'],
])

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'stop-sequence': 'stop_sequence',
  'tool-calls': 'tool_use',
  'content-filter': 'content_filtered',
  refusal: 'content_filtered',
  pause: 'end_turn',
  other: 'end_turn',
}

/** `stopReason`. One that is not known is `other`, with a note that lets it be written again. */
export function readFinish(reason: Json | undefined): { finish: Finish; extra?: Extra } {
  if (typeof reason !== 'string') return { finish: { reason: 'other' } }
  const known = REASONS.get(reason)
  return {
    finish: { reason: known ?? 'other', raw: reason },
    ...(known === undefined && extraOf({ $stopReason: reason })),
  }
}

/** `stopReason` of an answer; `extra` is the output's. */
export function writeFinish({ reason, raw }: Finish, extra: Extra | undefined): string {
  const unknown = noteOf(extra, '$stopReason')
  if (typeof unknown === 'string') return unknown
  return raw !== undefined && REASONS.get(raw) === reason ? raw : WORDS[reason]
}

/** What `stopReason` cannot say of how another dialect's answer ended. */
export function finishLosses({ reason, raw, sequence }: Finish, extra: Extra | undefined): Loss[] {
  const losses: Loss[] = []
  if (sequence !== undefined)
    losses.push({ path: 'stop_sequence', why: 'Bedrock does not say which stop sequence was met' })
  if (reason === 'pause')
    losses.push({ path: 'stopReason', why: 'a pause reads as an end: Bedrock has no word for it' })
  if (reason === 'other' && raw !== undefined && noteOf(extra, '$stopReason') === undefined) {
    losses.push({ path: 'stopReason', why: `"${raw}" has no counterpart: sent as end_turn` })
  }
  return losses
}
