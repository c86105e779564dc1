import type { ServerResponse } from 'node:http'
import type { Fault } from '../call/fault.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { Framing } from '../dialects/framing.ts'
import { deadlines, type Expirable } from '../upstream/deadlines.ts'
import { type ReplyHeaders, writeStreamHead } from './client-stream.ts'
import { framingOf } from './sse.ts'

/** Interval of keep-alives, ms; proxies cut connections that are silent for 30 s or 60 s. */
const SILENCE = 10_000

/**
 * A stream that begins while its request still waits. Its status is then 200, and later errors are events. Short waits begin nothing,
 * so that they may still end with an error status.
 */
export class EarlyStream implements Expirable {
  dueTick = 0
  slot = -1
  readonly #raw: ServerResponse
  readonly #headers: () => ReplyHeaders
  readonly #framing: Framing

  /** `headers` is called when the stream begins. */
  constructor(raw: ServerResponse, headers: () => ReplyHeaders, dialect: Dialect) {
    this.#raw = raw
    this.#headers = headers
    this.#framing = framingOf(dialect)
  }

  /** The request begins to wait. */
  watch(): void {
    this.dueTick = deadlines.after(SILENCE)
    deadlines.watch(this)
  }

  /** It waits no longer. */
  forget(): void {
    deadlines.forget(this)
  }

  onDue(): void {
    if (!this.#raw.headersSent) writeStreamHead(this.#raw, this.#headers(), this.#framing)
    this.#raw.write(this.#framing.waiting)
    this.watch()
  }
}

/** Ends a stream that has begun with an error in the client's dialect. */
export function endWithFault(raw: ServerResponse, dialect: Dialect, fault: Fault, requestId: string): void {
  raw.end(framingOf(dialect).encode(dialect.writeErrorFrames(fault, requestId)))
}
