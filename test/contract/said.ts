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
  /** The signatures of reasoning, and reasoning that is sealed, piece by piece, verbatim. */
  readonly proofs: readonly string[]
  readonly calls: readonly ToolCall[]
  /** The word of its own format. */
  readonly finish: string | null
}

export interface ToolCall {
  /** Empty where the vendor gave none. */
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
