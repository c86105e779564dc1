import { type Bucket, bucketShare } from '../../limits/bucket.ts'
import { slotShare } from '../../limits/demand.ts'
import { MemoryBuckets } from '../../limits/memory-buckets.ts'
import { Signal } from '../queue/signal.ts'
import { Slots } from './slots.ts'

/** What the operator says that a vendor allows each of our keys. */
export interface KeyLimitSettings {
  readonly requestsPerMinute?: number | undefined
  /** Most requests at once. */
  readonly burst?: number | undefined
  readonly tokensPerMinute?: number | undefined
  readonly concurrency?: number | undefined
}

/** Requests that may go at once, in seconds' worth: vendors enforce a minute's limit by the second, and calls bunch up on their way. */
const REQUEST_BURST_S = 0.9
/** Likewise for tokens; one call may need many seconds' worth, and vendors let it. */
const TOKEN_BURST_S = 10

/** The part (`share`: above 0, at most 1) of a key's limits that is one process's own. Tokens stay whole: see `bucketShare`. */
export function shareOfKeyLimits(settings: KeyLimitSettings, share: number): KeyLimitSettings {
  if (share === 1) return settings
  const { requestsPerMinute, burst, concurrency } = settings
  return {
    ...settings,
    requestsPerMinute: requestsPerMinute === undefined ? undefined : requestsPerMinute * share,
    burst: burst === undefined ? undefined : Math.max(1, burst * share),
    concurrency: concurrency === undefined ? undefined : slotShare(concurrency, share),
  }
}

/** The limits of one key of ours, shared by all models that are asked with it. */
export class KeyLimits {
  /** Calls under way with this key. */
  readonly slots = new Slots()
  /** An attempt with this key has ended, so another may find room: at one model or at all of them. */
  readonly freed = new Signal()
  readonly #buckets: MemoryBuckets
  readonly #share: number
  #settings: KeyLimitSettings = {}
  #requests: Bucket | undefined
  /** The whole one, for what a call is taken to cost must not shrink with the share. */
  #tokens: Bucket | undefined

  /** `now` is a monotonic clock in ms; `share` (above 0, at most 1) is the part of each limit that may be used here. */
  constructor(now: () => number, share = 1) {
    this.#buckets = new MemoryBuckets(now)
    this.#share = share
  }

  /** Calls that may be under way at a time; undefined where the operator sets none. */
  get concurrency(): number | undefined {
    return this.#settings.concurrency
  }

  /** The operator has set any limit. */
  get limited(): boolean {
    const { requestsPerMinute, tokensPerMinute, concurrency } = this.#settings
    return requestsPerMinute !== undefined || tokensPerMinute !== undefined || concurrency !== undefined
  }

  /** May be called at any time: what has been used stays used. */
  set(whole: KeyLimitSettings): void {
    const settings = shareOfKeyLimits(whole, this.#share)
    const { requestsPerMinute, burst, tokensPerMinute } = settings
    this.#settings = settings
    this.#requests = bucketOf(requestsPerMinute, REQUEST_BURST_S, burst)
    this.#tokens = bucketOf(tokensPerMinute, TOKEN_BURST_S)
  }

  /** Takes one call with its tokens, as `cost` counts them, or nothing; returns 0, or ms until it may be taken. */
  take(cost: number): number {
    const request = take(this.#buckets, 'requests', this.#requests, 1)
    if (request > 0) return request
    const tokens = take(this.#buckets, 'tokens', this.#tokensFor(cost), cost)
    if (tokens > 0 && this.#requests !== undefined) this.#buckets.refund('requests', this.#requests, 1)
    return tokens
  }

  /** Whether a call would be taken; takes nothing. */
  ready(): boolean {
    return hasOne(this.#buckets, 'requests', this.#requests) && hasOne(this.#buckets, 'tokens', this.#tokensFor(1))
  }

  /**
   * What a call is taken to cost before it is known: no more than half of the bucket. Estimates are far too high for pictures,
   * and a bucket that is in use is never full.
   */
  costOf(tokens: number): number {
    return this.#tokens === undefined ? 0 : Math.min(tokens, this.#tokens.capacity / 2)
  }

  /** A call that had taken `taken` tokens used `used`, more or less. */
  settle(taken: number, used: number): void {
    const tokens = this.#tokensFor(taken)
    if (tokens !== undefined) this.#buckets.refund('tokens', tokens, taken - used)
  }

  #tokensFor(cost: number): Bucket | undefined {
    return this.#tokens === undefined ? undefined : bucketShare(this.#tokens, cost, this.#share)
  }
}

function bucketOf(perMinute: number | undefined, burstSeconds: number, burst?: number): Bucket | undefined {
  if (perMinute === undefined) return undefined
  const refillPerSecond = perMinute / 60
  return { capacity: burst ?? Math.max(1, refillPerSecond * burstSeconds), refillPerSecond }
}

function take(buckets: MemoryBuckets, name: string, bucket: Bucket | undefined, cost: number): number {
  return bucket === undefined ? 0 : buckets.take(name, bucket, cost).retryAfterMs
}

function hasOne(buckets: MemoryBuckets, name: string, bucket: Bucket | undefined): boolean {
  return bucket === undefined || buckets.take(name, bucket, 0).remaining > 0
}
