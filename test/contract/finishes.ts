import type { DialectName } from './recordings.ts'
import type { SaidAnswer } from './said.ts'

/** Why an answer ended, as far as more than one dialect can say it. */
type Reason = 'stop' | 'length' | 'stop-sequence' | 'tool-calls' | 'content-filter' | 'refusal' | 'pause' | 'other'

type Words = Readonly<Record<string, Reason>>

/** The vendors' words; what is not here is another reason. The mapping that users rely on, written down a second time. */
const READ: Readonly<Record<DialectName, Words>> = {
  'openai-chat': {
    stop: 'stop',
    length: 'length',
    model_length: 'length',
    tool_calls: 'tool-calls',
    function_call: 'tool-calls',
    content_filter: 'content-filter',
  },
  'openai-responses': { completed: 'stop', max_output_tokens: 'length', content_filter: 'content-filter' },
  anthropic: {
    end_turn: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    stop_sequence: 'stop-sequence',
    tool_use: 'tool-calls',
    pause_turn: 'pause',
    refusal: 'refusal',
  },
  gemini: {
    STOP: 'stop',
    MAX_TOKENS: 'length',
    SAFETY: 'content-filter',
    RECITATION: 'content-filter',
    BLOCKLIST: 'content-filter',
    PROHIBITED_CONTENT: 'content-filter',
    SPII: 'content-filter',
  },
  bedrock: {
    end_turn: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    stop_sequence: 'stop-sequence',
    tool_use: 'tool-calls',
    guardrail_intervened: 'content-filter',
    content_filtered: 'content-filter',
  },
}

const WRITTEN: Readonly<Record<DialectName, Readonly<Record<Reason, string>>>> = {
  'openai-chat': {
    stop: 'stop',
    length: 'length',
    'stop-sequence': 'stop',
    'tool-calls': 'tool_calls',
    'content-filter': 'content_filter',
    refusal: 'content_filter',
    pause: 'stop',
    other: 'stop',
  },
  'openai-responses': {
    stop: 'completed',
    length: 'max_output_tokens',
    'stop-sequence': 'completed',
    'tool-calls': 'completed',
    'content-filter': 'content_filter',
    refusal: 'content_filter',
    pause: 'completed',
    other: 'completed',
  },
  anthropic: {
    stop: 'end_turn',
    length: 'max_tokens',
    'stop-sequence': 'stop_sequence',
    'tool-calls': 'tool_use',
    'content-filter': 'refusal',
    refusal: 'refusal',
    pause: 'pause_turn',
    other: 'end_turn',
  },
  gemini: {
    stop: 'STOP',
    length: 'MAX_TOKENS',
    'stop-sequence': 'STOP',
    'tool-calls': 'STOP',
    'content-filter': 'SAFETY',
    refusal: 'SAFETY',
    pause: 'STOP',
    other: 'OTHER',
  },
  bedrock: {
    stop: 'end_turn',
    length: 'max_tokens',
    'stop-sequence': 'stop_sequence',
    'tool-calls': 'tool_use',
    'content-filter': 'content_filtered',
    refusal: 'content_filtered',
    pause: 'end_turn',
    other: 'end_turn',
  },
}

/** Dialects that have a member of its own for a refusal, and then call the end a plain one. */
export const REFUSAL_MEMBER: ReadonlySet<DialectName> = new Set(['openai-chat', 'openai-responses'])

/** The word that a client of one dialect should read for the end of an answer in another one. */
export function finishFor(client: DialectName, vendor: DialectName, answer: SaidAnswer): string {
  const reason = reasonOf(vendor, answer)
  if (reason === 'refusal' && answer.refusal !== '' && REFUSAL_MEMBER.has(client)) return WRITTEN[client].stop
  return WRITTEN[client][reason]
}

function reasonOf(vendor: DialectName, { finish, calls, refusal }: SaidAnswer): Reason {
  const reason = READ[vendor][finish ?? ''] ?? 'other'
  if (reason !== 'stop') return reason
  if (calls.length > 0) return 'tool-calls'
  return refusal === '' ? 'stop' : 'refusal'
}
