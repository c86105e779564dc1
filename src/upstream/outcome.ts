import type { ByteStream } from './byte-stream.ts'
import type { FailedOutcome } from './failure.ts'

/** Response headers, lower case, as undici parsed them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A whole answer, its body in one piece. */
export interface WholeOutcome {
  readonly type: 'whole'
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: Buffer
}

/** The head of an answer that comes piece by piece: of an event stream, or of bytes where those were allowed. */
export interface StreamOutcome {
  readonly type: 'stream'
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: ByteStream
}

export type Outcome = WholeOutcome | StreamOutcome | FailedOutcome

/** The first value of a response header. */
export function header(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

/** Whether an answer that comes piece by piece comes as events. */
export function isEventStream(headers: ResponseHeaders): boolean {
  return /^text\/event-stream/i.test(header(headers, 'content-type') ?? '')
}
