import { type Bucket, bucketShare } from '../../limits/bucket.ts'
import { slotShare } from '../../limits/demand.ts'
import { MemoryBuckets } from '../../limits/memory-buckets.ts'
import { Signal } from '../queue/signal.ts'
import { Slots } from './slots.ts'

/** What the vendor allows each of our keys, by the config. */
export interface KeyLimitSettings {
  readonly requestsPerMinute?: number | undefined
  /** Most requests at once. */
  readonly burst?: number | undefined
  readonly tokensPerMinute?: number | undefined
  readonly concurrency?: number | undefined
}

/** Default burst of requests, in seconds' worth: vendors enforce a minute's limit by the second, and calls bunch up in transit. */
const REQUEST_BURST_S = 0.9
/** Burst of tokens, in seconds' worth: one call may need many, and vendors allow it. */
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

/** The limits of one key of ours, shared by all models that are called with it. */
export class KeyLimits {
  /** Calls in flight with this key. */
  readonly slots = new Slots()
  /** Emits when an attempt with this key has ended, so that another one may find room. */
  readonly freed = new Signal()
  readonly #buckets: MemoryBuckets
  readonly #share: number
  #settings: KeyLimitSettings = {}
  #requests: Bucket | undefined
  /** Not multiplied by the share: the estimated cost of a call must not shrink with it. */
  #tokens: Bucket | undefined

  /** `now` is a monotonic clock in ms; `share` (above 0, at most 1) is the part of each limit that may be used here. */
  constructor(now: () => number, share = 1) {
    this.#buckets = new MemoryBuckets(now)
    this.#share = share
  }

  /** Most concurrent calls; undefined where the config sets no limit. */
  get concurrency(): number | undefined {
    return this.#settings.concurrency
  }

  /** The config sets any limit. */
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

  /** Takes one request and `cost` tokens, or nothing; returns 0, or the wait in ms. */
  take(cost: number): number {
    const request = take(this.#buckets, 'requests', this.#requests, 1)
    if (request > 0) return request
    const tokens = take(this.#buckets, 'tokens', this.#tokensFor(cost), cost)
    if (tokens > 0 && this.#requests !== undefined) this.#buckets.refund('requests', this.#requests, 1)
    return tokens
  }

  /** Whether a small call would be admitted; takes nothing. */
  ready(): boolean {
    return hasOne(this.#buckets, 'requests', this.#requests) && hasOne(this.#buckets, 'tokens', this.#tokensFor(1))
  }

  /**
   * The tokens to reserve for a call: at most half of the bucket. Estimates are far too high for images, and a bucket in use is never
   * full.
   */
  costOf(tokens: number): number {
    return this.#tokens === undefined ? 0 : Math.min(tokens, this.#tokens.capacity / 2)
  }

  /** A call that had reserved `taken` tokens has used `used`. */
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
