/** What an answer says, whoever gives it in whatever format: the measure by which the two ends of the gateway are compared. */
export interface Said {
  readonly id: string
  readonly model: string
  readonly answers: readonly SaidAnswer[]
  /** Undefined where the vendor reported none. */
  readonly usage: Counts | undefined
}

export interface SaidAnswer {
  readonly text: string
  readonly refusal: string
  /** All reasoning that can be read, joined. */
  readonly thought: string
  /** Reasoning that is signed or sealed, piece by piece, verbatim. */
  readonly proofs: readonly Proof[]
  readonly calls: readonly ToolCall[]
  /** The word of its own format. */
  readonly finish: string | null
}

export interface Proof {
  readonly text: string
  readonly signature?: string
  readonly sealed?: string
}

export interface ToolCall {
  readonly id: string
  readonly name: string
  /** The argument object, parsed. */
  readonly arguments: unknown
}

/** Tokens; `input` holds the cached ones, `output` the reasoning. */
export interface Counts {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly reasoning: number
}

/** JSON from the wire, looked into freely. */
export type Wire = Readonly<Record<string, unknown>>

/** The value as an object, empty where it is none. */
export function wire(value: unknown): Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wire) : {}
}

/** The value as a list of objects, empty where it is none. */
export function wires(value: unknown): Wire[] {
  return Array.isArray(value) ? value.map(wire) : []
}

/** The value as text, empty where it is none. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The value as a number of tokens, 0 where it is none. */
export function tokens(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

const NOTHING: Counts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 }

/** `finish_reason` for each `stop_reason`: the mapping that users rely on, written down a second time. */
const TO_CHAT: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  pause_turn: 'stop',
  refusal: 'content_filter',
}

const TO_MESSAGES: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  model_length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
}

/** What a client of Chat Completions should read of a message of Anthropic's. */
export function asChat(said: Said): Said {
  const answers = said.answers.map(answer => ({ ...answer, finish: TO_CHAT[answer.finish ?? ''] ?? 'stop' }))
  return { ...said, answers }
}

/** What a client of the Messages API should read of a chat completion: one answer, a refusal as text, usage always. */
export function asMessage(said: Said): Said {
  const [first] = said.answers
  const answers = first === undefined ? [] : [asMessageAnswer(first)]
  const usage = said.usage ?? NOTHING
  // Azure reported more cached tokens than tokens; `input_tokens`, which excludes them, cannot be below zero.
  return { ...said, answers, usage: { ...usage, cacheRead: Math.min(usage.cacheRead, usage.input) } }
}

function asMessageAnswer(answer: SaidAnswer): SaidAnswer {
  const finish =
    answer.finish !== 'stop'
      ? (TO_MESSAGES[answer.finish ?? ''] ?? 'end_turn')
      : answer.calls.length > 0
        ? 'tool_use'
        : answer.refusal !== ''
          ? 'refusal'
          : 'end_turn'
  return { ...answer, text: answer.text + answer.refusal, refusal: '', finish }
}
