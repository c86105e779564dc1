import type { Extra } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Finish, FinishReason } from '../../call/result.ts'
import { extraOf, noteOf } from './members.ts'

const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['stop_sequence', 'stop-sequence'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
  // The answer was interrupted after the context had been compacted; the client continues it, as after a pause.
  ['compaction', 'pause'],
])

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'stop-sequence': 'stop_sequence',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
  other: 'end_turn',
}

/** `stop_reason` and `stop_sequence`. A reason that is not known yet is `other`, with a note that lets it be written again. */
export function readFinish(reason: Json | undefined, sequence: Json | undefined): { finish: Finish; extra?: Extra } {
  const raw = typeof reason === 'string' ? reason : undefined
  const known = raw === undefined ? undefined : REASONS.get(raw)
  return {
    finish: {
      reason: known ?? 'other',
      ...(raw !== undefined && { raw }),
      ...(typeof sequence === 'string' && { sequence }),
    },
    ...(raw !== undefined && known === undefined && extraOf({ $stopReason: raw })),
  }
}

/** `stop_reason` and `stop_sequence` of an answer; `extra` is the output's. */
export function writeFinish(finish: Finish, extra: Extra | undefined): { stop_reason: string; stop_sequence: Json } {
  const { reason, raw, sequence } = finish
  const unknown = noteOf(extra, '$stopReason')
  const own = raw !== undefined && REASONS.get(raw) === reason ? raw : WORDS[reason]
  return { stop_reason: typeof unknown === 'string' ? unknown : own, stop_sequence: sequence ?? null }
}

/** What `stop_reason` cannot say of how another dialect's answer ended: a word that is known to nobody. */
export function finishLosses({ reason, raw }: Finish, extra: Extra | undefined): Loss[] {
  if (reason !== 'other' || raw === undefined || noteOf(extra, '$stopReason') !== undefined) return []
  return [{ path: 'stop_reason', why: `"${raw}" has no counterpart: sent as end_turn` }]
}
