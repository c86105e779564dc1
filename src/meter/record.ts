import type { Kind } from '../call/fault.ts'
import type { Loss } from '../call/loss.ts'
import type { Usage } from '../call/result.ts'

/** What became of one upstream attempt. Times in ms on the monotonic clock. */
export interface AttemptRecord {
  /** `provider/model`, as it was asked. */
  readonly target: string
  /** The labels of metrics: `model` is `other` for names that are not in the config. */
  readonly provider: string
  readonly model: string
  readonly key: number
  readonly startedAt: number
  /** It was made while another one was still awaited. */
  readonly hedge?: boolean
  firstByteAt?: number
  endedAt?: number
  status?: number
  /** Absent while it runs and when it went well. */
  failure?: Kind
  /** Why it failed, in words that are safe to log. */
  reason?: string
  /** What the vendor may bill though no client was given anything of the answer; nearly always estimated. */
  wasted?: Usage
}

/** What a request met in the queue of a route, over all of its waits. */
export interface QueueRecord {
  /** Name of the route, from the config. */
  readonly model: string
  waitedMs: number
  /** How the last wait ended; refused: at once. */
  outcome: 'served' | 'refused' | 'expired' | 'hopeless' | 'gone'
}

/** A client may call a megabyte its model; the log does not. */
export const LONGEST_NAME = 256

/** What happened to one client request; written by the stages, settled once when the connection is done with it. */
export class CallRecord {
  readonly id: string
  readonly endpoint: string
  readonly startedAt: number
  caller: string | undefined
  model: string | undefined
  stream = false
  readonly attempts: AttemptRecord[] = []
  /** The attempt whose answer the client was given, a refusal of the vendor's included. */
  answeredBy: AttemptRecord | undefined
  /** Another attempt would have followed, but the retry budget could not pay for it. */
  retryUnpaid = false
  lane: 'pass' | 'translate' | undefined
  usage: Usage | undefined
  /** Told at settlement what the answer used, in tokens. */
  payer: { used(tokens: number): void } | undefined
  /** What the request holds of its caller's limits; told at settlement how many tokens were used. */
  reservation: { settle(used: number | undefined): void } | undefined
  /** About how many tokens its prompt has; told where tokens are limited. */
  promptTokens = 0
  /** Reads the report of a whole answer that was passed on unread; called at settlement, together with those of others. */
  unread: (() => { readonly usage?: Usage; readonly finish?: string }) | undefined
  losses: readonly Loss[] = []
  /** In what ways the answer is less than was asked for: names of steps and of models, from the config. */
  degraded: readonly string[] = []
  finish: string | undefined
  /** When the first byte of content was on its way to the client. */
  firstContentAt: number | undefined
  /** A streamed answer broke after it had begun; its status stays 200 on the wire. */
  failure: Kind | undefined
  /** Set where the request had to wait, or should have. */
  queue: QueueRecord | undefined
  errorCode: string | undefined
  /** What the cache had, where the model has one; `shared`: the answer of another's call that was under way. */
  cache: 'hit' | 'miss' | 'stale' | 'shared' | undefined
  /** Answered with the outcome of an earlier request of the same idempotency key. */
  replayed = false
  /** For how long (ms) it has waited for Redis so far. */
  redisMs = 0
  /** Over when the upstream call is that this request began for others too, which may outlast it. */
  outlasting: Promise<void> | undefined

  constructor(id: string, endpoint: string, startedAt: number) {
    this.id = id
    this.endpoint = endpoint
    this.startedAt = startedAt
  }

  /** Takes usage and end from an answer that was passed on unread. Throws when it cannot be read. */
  readReport(): void {
    const { unread } = this
    if (unread === undefined) return
    this.unread = undefined
    const { usage, finish } = unread()
    this.usage = usage
    this.finish = finish
  }

  /** What all attempts may be billed for that gave the client nothing; undefined where nothing is. */
  get wasted(): Usage | undefined {
    let sum: Usage | undefined
    for (const { wasted } of this.attempts) {
      if (wasted === undefined) continue
      const { input, output, estimated } = sum ?? { input: 0, output: 0, estimated: false }
      const guessed = estimated === true || wasted.estimated === true
      sum = { input: input + wasted.input, output: output + wasted.output, estimated: guessed }
    }
    return sum
  }

  /** Ms spent outside of upstream attempts and queues until `now`: what the gateway itself cost. */
  overhead(now: number): number {
    let elsewhere = this.queue?.waitedMs ?? 0
    let covered = this.startedAt
    for (const { startedAt, endedAt = now } of this.attempts) {
      // Attempts may overlap where a second one was made beside a slow first.
      elsewhere += Math.max(0, endedAt - Math.max(covered, startedAt))
      covered = Math.max(covered, endedAt)
    }
    return Math.max(0, now - this.startedAt - elsewhere)
  }
}
