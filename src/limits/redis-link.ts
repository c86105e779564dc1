import { BucketScript, isReply, type ScriptAnswer, type ScriptCall, type ScriptClient } from './redis-script.ts'

/** `shared`: Redis answers. `local`: it does not, and each process keeps the limits by itself. */
export type LimitsState = 'shared' | 'local'

/** Told of each change of state; the reason is a few words of ours or an error code, never an address. */
export type OnLimitsState = (state: LimitsState, reason: string) => void

/** The part of an ioredis client that the link needs. */
export interface LinkClient extends ScriptClient {
  on(event: 'ready' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  disconnect(): void
}

/** Longest wait (ms) for an answer. A healthy Redis needs one or two; C14 allows a frozen one to cost 50. */
const PATIENCE_MS = 25
/** Failures in a row that end the asking: one alone may be a hiccup, and each costs a request its patience. */
const FAILURES_TO_LOCAL = 3
/** While local, Redis is tried again this often (ms), and no request waits for it. */
const PROBE_INTERVAL_MS = 1000

const LOST = 'connection lost'

/** Takes nothing, but needs all that a take needs: the script, and leave to write. */
const PROBE: ScriptCall = { key: 'probe', windowMs: 1, costMs: 0, always: false }

/** The connection to Redis with the judgement whether to ask it: a small breaker that is probed in the background. */
export class RedisLink {
  readonly #client: LinkClient
  readonly #script: BucketScript
  readonly #onState: OnLimitsState
  readonly #probeIntervalMs: number
  #state: LimitsState | undefined
  #failures = 0
  #probedAt = Number.NEGATIVE_INFINITY
  #lastError = LOST
  #closed = false

  constructor(client: LinkClient, onState: OnLimitsState, probeIntervalMs: number = PROBE_INTERVAL_MS) {
    this.#client = client
    this.#script = new BucketScript(client)
    this.#onState = onState
    this.#probeIntervalMs = probeIntervalMs
    client.on('error', error => {
      this.#lastError = reasonOf(error)
    })
    client.on('close', () => this.#enter('local', this.#lastError))
    client.on('ready', () => {
      this.#lastError = LOST
      void this.#probe()
    })
  }

  /** Whether to ask Redis now. While it is away, this is what sends the probe. */
  usable(): boolean {
    if (this.#state === 'shared') return true
    if (performance.now() - this.#probedAt >= this.#probeIntervalMs) void this.#probe()
    return false
  }

  /** Runs the script; undefined when Redis gave no answer in time. Never rejects. */
  async run(call: ScriptCall): Promise<ScriptAnswer | undefined> {
    try {
      const answer = await inTime(this.#script.run(call))
      this.#failures = 0
      return answer
    } catch (error) {
      this.#failures += 1
      if (this.#failures >= FAILURES_TO_LOCAL) this.#enter('local', reasonOf(error))
      return undefined
    }
  }

  close(): void {
    this.#closed = true
    this.#client.disconnect()
  }

  async #probe(): Promise<void> {
    this.#probedAt = performance.now()
    const answer = await this.run(PROBE)
    if (answer !== undefined) this.#enter('shared', 'Redis answers')
  }

  #enter(state: LimitsState, reason: string): void {
    if (this.#closed || this.#state === state) return
    this.#state = state
    this.#onState(state, reason)
  }
}

/** One for all: under load a frozen Redis would have one made, with its stack, for each request. */
const TOO_SLOW = Object.assign(new Error('Redis did not answer in time'), { code: 'TIMEOUT' })

/** The promise's outcome, or a rejection when it takes too long. */
function inTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // Timers run before sockets are read: after a pause of our own loop the answer may be there, one turn further on.
    const timer = setTimeout(() => setImmediate(() => reject(TOO_SLOW)), PATIENCE_MS)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** What may be logged of an error: ioredis' messages hold addresses, its codes and the first word of a reply do not. */
function reasonOf(error: unknown): string {
  if (isReply(error)) return /^[A-Z]+/.exec(error.message)?.[0] ?? error.name
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error) return String(error.code)
  return error.name === 'Error' ? LOST : error.name
}
