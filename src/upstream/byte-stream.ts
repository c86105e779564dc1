import type { FailedOutcome } from './failure.ts'

/** Who takes the bytes. After `end` or `fail` nothing follows. */
export interface ByteSink {
  data(chunk: Buffer): void
  end(): void
  fail(failure: FailedOutcome): void
}

/** The wire's side of a stream: how to make it wait, go on, or stop for good. */
interface ByteSource {
  pause(): void
  resume(): void
  abort(): void
  /** The first event has come; comments and blank lines before it are no sign of an answer. */
  begun?(): void
}

/** How many bytes may wait for a sink before the source is paused. */
const WAITING_LIMIT = 64 * 1024

/**
 * The body of a streamed answer without Node's stream machinery: one source, one sink at a time, and the sink may be
 * changed (first one that waits for the commit, then one that relays). Bytes wait while there is no sink.
 */
export class ByteStream {
  readonly #source: ByteSource
  #sink: ByteSink | undefined
  #waiting: Buffer[] = []
  #waitingBytes = 0
  /** The sink has requested a pause; bytes that wait for a sink pause the source by themselves. */
  #paused = false
  #over: { failure?: FailedOutcome } | undefined

  constructor(source: ByteSource) {
    this.#source = source
  }

  /** Called by the reader of the bytes: the answer has begun, from here on only silence is measured. */
  begin(): void {
    this.#source.begun?.()
  }

  /** Hands over what has waited, then everything that comes. */
  attach(sink: ByteSink): void {
    this.#sink = sink
    // The sink may detach, or hand over to another, in the middle of this.
    while (this.#sink === sink && this.#waiting.length > 0) {
      const chunk = this.#waiting.shift() as Buffer
      this.#waitingBytes -= chunk.length
      sink.data(chunk)
    }
    if (this.#sink !== sink) return
    if (this.#over !== undefined) this.#finish(sink)
    else if (!this.#paused) this.#source.resume()
  }

  /** No sink for now: bytes wait, up to a limit. */
  detach(): void {
    this.#sink = undefined
  }

  pause(): void {
    this.#paused = true
    this.#source.pause()
  }

  resume(): void {
    this.#paused = false
    this.#source.resume()
  }

  /** Ends the upstream call; the sink is called no more. */
  abort(): void {
    this.#sink = undefined
    this.#waiting = []
    if (this.#over === undefined) {
      this.#over = {}
      this.#source.abort()
    }
  }

  data(chunk: Buffer): void {
    if (this.#over !== undefined) return
    if (this.#sink !== undefined) {
      this.#sink.data(chunk)
      return
    }
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes > WAITING_LIMIT) this.#source.pause()
  }

  end(): void {
    this.#settle({})
  }

  fail(failure: FailedOutcome): void {
    this.#settle({ failure })
  }

  #settle(over: { failure?: FailedOutcome }): void {
    if (this.#over !== undefined) return
    this.#over = over
    if (this.#sink !== undefined) this.#finish(this.#sink)
  }

  #finish(sink: ByteSink): void {
    this.#sink = undefined
    if (this.#over?.failure !== undefined) sink.fail(this.#over.failure)
    else sink.end()
  }
}
