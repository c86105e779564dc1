import type { Event } from '../../call/event.ts'
import type { Fault, Kind } from '../../call/fault.ts'
import type { Result } from '../../call/result.ts'
import type { SluiceError } from '../../errors.ts'
import type { Flow, FlowItem } from '../../relay/flow.ts'
import type { Passage } from '../../relay/passage.ts'
import type { ByteStream } from '../../upstream/byte-stream.ts'
import type { ResponseHeaders } from '../../upstream/outcome.ts'
import type { Attempt } from './attempt.ts'

interface FromVendor {
  readonly attempt: Attempt
  readonly passage: Passage
  readonly status: number
  readonly headers: ResponseHeaders
}

/** A whole answer. On the translate lane it has been read; on the pass lane its bytes are all there is. */
export interface WholeAnswer extends FromVendor {
  readonly type: 'whole'
  readonly body: Buffer
  readonly result?: Result
}

/** A stream that has shown content: what has come of it, and the flow of the rest. */
export interface StreamAnswer extends FromVendor {
  readonly type: 'stream'
  readonly flow: Flow
  readonly items: readonly FlowItem[]
  readonly ended?: readonly Event[]
}

/** An answer of any kind, a sound or subtitles, that is sent on as it comes. */
export interface BytesAnswer extends FromVendor {
  readonly type: 'bytes'
  readonly body: ByteStream
}

/** The vendor's own refusal, to be shown to the client: its fault lies in the request, or every target refused. */
export interface RefusedAnswer extends FromVendor {
  readonly type: 'refused'
  readonly fault: Fault
  /** The vendor's bytes, where there are any. */
  readonly body: Buffer | undefined
  readonly retryAfterMs?: number
}

export type Answer = WholeAnswer | StreamAnswer | BytesAnswer | RefusedAnswer

/** The operator's own text, where no target can answer. */
export interface CannedAnswer {
  readonly type: 'canned'
  readonly result: Result
}

/** An attempt that failed: what follows, and what the client reads if it was the last one. */
export interface Failure {
  readonly kind: Kind
  /** The vendor's other keys may do better. */
  readonly ofKey: boolean
  /** Only this vendor is wrong for the call: its dialect cannot express it, or what it goes on from is kept by another. */
  readonly mismatch?: boolean
  readonly answer?: Answer
  readonly error?: SluiceError
}

export function isFailure(ended: Answer | Failure): ended is Failure {
  return 'kind' in ended
}
