import type { Transform } from 'node:stream'
import type { Dispatcher } from 'undici'
import { ByteStream } from './byte-stream.ts'
import { deadlines, type Expirable } from './deadlines.ts'
import { decoderFor } from './decoder.ts'
import { type FailedOutcome, failureOf, isDeadSocket, isWantOfRoom } from './failure.ts'
import type { Outcome, ResponseHeaders } from './outcome.ts'
import type { Pool } from './pool.ts'
import { atTurnEnd } from './turn.ts'

/** An answer that is not a stream is held in one piece; more than this is no answer that a client could want. */
const MAX_WHOLE_BYTES = 64 * 1024 * 1024

/** Server-sent events, and the binary ones of AWS. */
const EVENT_STREAM = /^(?:text\/event-stream|application\/vnd\.amazon\.eventstream)/i

/** What is held in one piece where bytes of any kind may come: JSON may be an error, and a page is no answer. */
const WHOLE_TYPES = /^(?:application\/(?:[\w.-]+\+)?json|text\/html)\b/i

/** A number beyond it is no status, and stands for an error of the server (RFC 9110, 15). */
const LAST_STATUS = 599

const TOO_LARGE = { type: 'failed', kind: 'network', reason: 'the answer of the provider is too large' } as const
const UNDECODABLE = {
  type: 'failed',
  kind: 'network',
  reason: 'the answer of the provider could not be decompressed',
} as const

/** Limits of one upstream call, in ms. Connecting has a limit of its own, in the pool. */
export interface ExchangeTimeouts {
  /** Of a streamed call: until the first event. */
  readonly firstByte: number
  /** Between two pieces of a stream. */
  readonly idle: number
  readonly total: number
}

export interface ExchangeRequest {
  readonly pool: Pool
  readonly method: 'POST' | 'GET' | 'DELETE'
  readonly origin: string
  readonly path: string
  readonly query: string
  readonly headers: Record<string, string>
  readonly body: Buffer | undefined
  readonly stream: boolean
  /** An answer that is neither JSON nor a page comes as it arrives, as a stream does. */
  readonly bytes?: boolean
  readonly timeouts: ExchangeTimeouts
}

/**
 * One request to a vendor and what became of it: undici's handler, the deadline, and the way to abort, in one object. The
 * promise `outcome` always settles, at the head of the answer, and never rejects. What follows a stream's head comes
 * through its ByteStream.
 */
export class Exchange implements Expirable, Dispatcher.DispatchHandler {
  readonly request: ExchangeRequest
  readonly outcome: Promise<Outcome>
  dueTick = 0
  slot = -1

  #settle!: (outcome: Outcome) => void
  #settled = false
  #controller: Dispatcher.DispatchController | undefined
  #failure: FailedOutcome | undefined
  #status = 0
  #headers: ResponseHeaders = {}
  #chunks: Buffer[] = []
  #bytes = 0
  #stream: ByteStream | undefined
  #decoder: Transform | undefined
  #totalTick: number
  #retried = false
  #reused = false
  #paused = false
  #begun = false
  /** Counted among the calls of the pool. */
  #counted = false
  /** All connections were in use when it started. */
  #waited = false

  constructor(request: ExchangeRequest) {
    this.request = request
    this.outcome = new Promise(resolve => {
      this.#settle = resolve
    })
    this.#totalTick = deadlines.after(request.timeouts.total)
    this.#expectAnswer()
  }

  /** It has been given to a connection. */
  get sent(): boolean {
    return this.#controller !== undefined
  }

  /** It was given up while it waited for one of our connections, or none could be opened: that says nothing of the vendor. */
  get crowdedOut(): boolean {
    return (this.#waited && !this.sent) || isWantOfRoom(this.#failure?.cause)
  }

  /** Puts the request on the wire. Called once, by the requestable behind reply-from or by who has no reply. */
  start(): void {
    if (this.#settled) return
    deadlines.watch(this)
    const { pool } = this.request
    this.#waited = pool.full
    this.#counted = true
    pool.calls += 1
    atTurnEnd(() => {
      if (!this.#settled) this.#dispatch()
    })
  }

  /** Stops the call, wherever it stands. Idempotent. */
  abort(failure: FailedOutcome): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    this.#leave()
    this.#controller?.abort(new Error(failure.reason))
    this.#decoder?.destroy()
    this.#fail(failure)
  }

  #leave(): void {
    deadlines.forget(this)
    if (this.#counted) this.request.pool.calls -= 1
    this.#counted = false
  }

  #expectAnswer(): void {
    const { timeouts, stream } = this.request
    this.dueTick = stream ? Math.min(this.#totalTick, deadlines.after(timeouts.firstByte)) : this.#totalTick
  }

  /** Data has come that counts as life: the next silence is measured from here. */
  #alive(): void {
    if (!this.#begun) return
    this.dueTick = Math.min(this.#totalTick, deadlines.after(this.request.timeouts.idle))
  }

  onDue(): void {
    // While we hold the vendor back for a slow client, its silence is our doing; the whole has its limit all the same.
    if (this.#paused && this.dueTick < this.#totalTick) {
      this.#alive()
      deadlines.watch(this)
      return
    }
    this.abort({ type: 'failed', kind: 'timeout', reason: this.#timeoutReason() })
  }

  #timeoutReason(): string {
    if (this.crowdedOut) return 'no connection to the provider became free in time'
    if (this.dueTick >= this.#totalTick) return 'the provider did not finish within the total timeout'
    return this.#begun
      ? 'the provider fell silent for longer than the idle timeout'
      : 'the provider sent no event within the first-byte timeout'
  }

  #dispatch(): void {
    const { pool, method, origin, path, query, headers, body } = this.request
    pool.agent.dispatch(
      {
        origin,
        path: query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`,
        method,
        headers,
        body: body ?? null,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      this,
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#reused = !this.request.pool.connecting
    // Its wait for a connection was no silence of the vendor's.
    if (this.#waited) this.#expectAnswer()
    if (this.#failure !== undefined) controller.abort(new Error(this.#failure.reason))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (status < 200) return
    this.#status = Math.min(status, LAST_STATUS)
    this.#headers = headers
    this.#decoder = decoderFor(headers)
      ?.on('data', (chunk: Buffer) => this.#take(chunk))
      .on('end', () => this.#finish())
      .on('error', () => this.abort(UNDECODABLE))
    const type = headers['content-type']
    if (typeof type === 'string' && status < 300 && this.#arrives(type)) this.#openStream()
  }

  /** Whether an answer of this type is handed on piece by piece. */
  #arrives(type: string): boolean {
    return EVENT_STREAM.test(type) || (this.request.bytes === true && !WHOLE_TYPES.test(type))
  }

  #openStream(): void {
    this.#stream = new ByteStream({
      pause: () => this.#pause(),
      resume: () => this.#resume(),
      begun: () => {
        this.#begun = true
        this.#alive()
      },
      abort: () => this.abort({ type: 'failed', kind: 'cancelled', reason: 'the call was cancelled' }),
    })
    this.#resolve({ type: 'stream', status: this.#status, headers: this.#headers, body: this.#stream })
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#stream !== undefined) this.#alive()
    if (this.#decoder === undefined) this.#take(chunk)
    else this.#decoder.write(chunk)
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#stream !== undefined) this.#stream.data(chunk)
    else if (this.#bytes > MAX_WHOLE_BYTES) this.abort(TOO_LARGE)
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#decoder === undefined) this.#finish()
    else this.#decoder.end()
  }

  #finish(): void {
    this.#leave()
    if (this.#stream !== undefined) {
      this.#stream.end()
      return
    }
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
    atTurnEnd(() => this.#resolve({ type: 'whole', status: this.#status, headers: this.#headers, body }))
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#failure !== undefined) return
    if (this.#mayRetry(error)) {
      this.#retried = true
      this.#dispatch()
      return
    }
    this.abort(failureOf(error))
  }

  /**
   * A kept-alive socket that the vendor closed while our request was on its way: nothing was answered, so it is sent once more.
   * Not on a fresh one: there the vendor took the request and may have begun.
   */
  #mayRetry(error: Error): boolean {
    return this.#reused && !this.#retried && this.#status === 0 && isDeadSocket(error)
  }

  #fail(failure: FailedOutcome): void {
    if (this.#stream !== undefined) this.#stream.fail(failure)
    else this.#resolve(failure)
  }

  #resolve(outcome: Outcome): void {
    this.#settled = true
    this.#settle(outcome)
  }

  #pause(): void {
    this.#paused = true
    this.#controller?.pause()
    this.#decoder?.pause()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#alive()
    this.#controller?.resume()
    this.#decoder?.resume()
  }
}
