import { isProtocolError } from './replies.ts'

/** `shared`: Redis answers. `local`: it does not, and each process goes on by itself. */
export type LinkState = 'shared' | 'local'

/** Told of each change of state, and of another reason for the same one that an operator has to mend; the reason is a few words of ours or an error code, never an address. */
export type OnLinkState = (state: LinkState, reason: string) => void

/** The part of an ioredis client that the link needs. */
export interface LinkClient {
  on(event: 'ready' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  /** `reconnect`: and begins anew. */
  disconnect(reconnect?: boolean): void
}

interface LinkOptions {
  readonly client: LinkClient
  /** Changes nothing, but needs all that the real commands need: leave to write, and to run scripts where they do. */
  probe(): Promise<unknown>
  readonly onState: OnLinkState
  /** After so many failures in a row Redis is asked no more; each costs the requests that wait at that moment their patience. */
  readonly failures: number
  /** Longest wait (ms) for one answer. A request waits twice this in all; the questions of its limits always have their full time. */
  readonly timeout: number
  /** How often (ms) a Redis that is away is tried; default 1000. No request waits for it. */
  readonly probeIntervalMs?: number | undefined
}

const PROBE_INTERVAL_MS = 1000

const LOST = 'connection lost'

/** The connection to Redis with the judgement whether to ask it: a small breaker that is probed in the background. */
export class RedisLink {
  readonly #options: LinkOptions
  #state: LinkState | undefined
  #connected = false
  #failures = 0
  #failedAt = -Infinity
  #probedAt = -Infinity
  #probing = false
  #lastError = LOST
  /** What was told last. */
  #reason = ''
  #closed = false

  constructor(options: LinkOptions) {
    this.#options = options
    const { client } = options
    client.on('error', error => {
      this.#lastError = reasonOf(error)
      if (isReply(error)) this.#refused(this.#lastError)
    })
    client.on('close', () => {
      this.#connected = false
      this.#enter('local', this.#lastError)
    })
    client.on('ready', () => {
      this.#connected = true
      this.#lastError = LOST
      void this.#probe()
    })
  }

  /** Whether Redis is taken to answer: a command that nobody waits for may be sent. */
  get shared(): boolean {
    return this.#state === 'shared'
  }

  /**
   * Whether to wait for Redis now. After a command without an answer nobody does until it has answered a probe, so that no
   * request, which may have several questions, pays for more than one. While it is away, this is what sends the probe.
   */
  usable(): boolean {
    if (this.shared && this.#failures === 0) return true
    // Before it is connected no probe is sent: its failure would be told, and the real reason that follows would not.
    if (!this.#connected) return false
    const interval = this.shared ? 0 : (this.#options.probeIntervalMs ?? PROBE_INTERVAL_MS)
    if (!this.#probing && performance.now() - this.#probedAt >= interval) void this.#probe()
    return false
  }

  /** The time (ms) that a request still has for its questions, when it has waited for others for `waitedMs`; may be negative. */
  leftFor(waitedMs: number): number {
    return 2 * this.#options.timeout - waitedMs
  }

  /**
   * The answer to a command that has just been sent; undefined when Redis gave none in time, which is what `leftFor` has left.
   * Never rejects. Of commands that waited together one failure counts: a moment in which many had to wait is one moment.
   */
  async answer<T>(command: Promise<T>, waitedMs = 0): Promise<T | undefined> {
    const { timeout, failures } = this.#options
    const patience = Math.min(timeout, this.leftFor(waitedMs))
    const sentAt = performance.now()
    try {
      const answer = await inTime(command, patience)
      this.#failures = 0
      return answer
    } catch (error) {
      // One that was given less than its time has not failed.
      if (error === TOO_SLOW && patience < timeout) return undefined
      if (this.shared && isProtocolError(error)) this.#reconnect(reasonOf(error))
      if (sentAt <= this.#failedAt) return undefined
      this.#failedAt = performance.now()
      this.#failures += 1
      if (this.#failures >= failures) this.#enter('local', reasonOf(error))
      return undefined
    }
  }

  close(): void {
    this.#closed = true
    this.#options.client.disconnect()
  }

  async #probe(): Promise<void> {
    this.#probedAt = performance.now()
    this.#probing = true
    const answer = await this.answer(this.#options.probe())
    this.#probing = false
    // It may have sent more than the answer.
    if (answer !== undefined && this.#lastError === LOST) this.#enter('shared', 'Redis answers')
  }

  /** Replies may belong to other commands: only a new connection is certainly in step. */
  #reconnect(reason: string): void {
    this.#lastError = reason
    this.#enter('local', reason)
    this.#options.client.disconnect(true)
  }

  #enter(state: LinkState, reason: string): void {
    if (this.#closed || this.#state === state) return
    this.#state = state
    this.#tell(reason)
  }

  /** Redis is back and refuses us, as after its password was changed: told once, or its loss would stand in the log as the reason. */
  #refused(reason: string): void {
    if (!this.#closed && this.#state === 'local' && this.#reason !== reason) this.#tell(reason)
  }

  #tell(reason: string): void {
    this.#reason = reason
    if (this.#state !== undefined) this.#options.onState(this.#state, reason)
  }
}

/** One for all: under load a frozen Redis would have one made, with its stack, for each request. */
const TOO_SLOW = Object.assign(new Error('Redis did not answer in time'), { code: 'TIMEOUT' })

/** The promise's outcome, or a rejection when it takes too long. */
function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    // Timers run before sockets are read: after a pause of our own loop the answer may be there, one turn further on.
    const timer = setTimeout(() => setImmediate(() => reject(TOO_SLOW)), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** True for an error that Redis answered, as opposed to a connection that failed. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

/** What may be logged of an error: ioredis' messages hold addresses, its codes and the first word of a reply do not. */
export function reasonOf(error: unknown): string {
  if (isReply(error)) return /^[A-Z]+/.exec(error.message)?.[0] ?? error.name
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error) return String(error.code)
  return error.name === 'Error' ? LOST : error.name
}
