import type { PlannedCall } from './schedule.ts'

/**
 * Makes one call to its end. Hands over the pieces of a stream as they come. Resolves when the whole answer has been read, throws
 * Failure (or, where there is no more to say, anything else) when there is none.
 */
export type Caller = (call: PlannedCall, signal: AbortSignal, onContent: (piece: string) => void) => Promise<void>

/**
 * How a call fails. `refused`: 429 or 503 with a `retry-after`, so that the client knows what to do; `status`: any other error
 * status; `broken`: a stream that ended early; `network`: no answer; `late`: none within the deadline.
 */
export const FAILURES = ['refused', 'status', 'broken', 'network', 'late'] as const
export type FailureKind = (typeof FAILURES)[number]

export class Failure extends Error {
  readonly kind: FailureKind
  /** What a vendor's 429 or 503 asks for, in seconds. */
  readonly retryAfter: number | undefined

  constructor(kind: FailureKind, retryAfter?: number) {
    super(kind)
    this.kind = kind
    this.retryAfter = retryAfter
  }
}

/** The failure that an error status is. */
export function failureOf(status: number, retryAfter: string | null | undefined): Failure {
  const honest = (status === 429 || status === 503) && retryAfter !== undefined && retryAfter !== null
  return honest ? new Failure('refused', Number(retryAfter)) : new Failure('status')
}
