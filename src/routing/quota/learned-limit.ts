import { MAX_COOLDOWN_MS } from './retry-after.ts'

/** One limit as an answer reports it: `remaining` of `limit` (if reported), full again in `resetMs`. */
export interface Reading {
  readonly limit: number | undefined
  readonly remaining: number
  readonly resetMs: number
}

/** A limit is remembered for this long (ms) without another answer, or until its reset if that is later. */
const MEMORY_MS = 60_000

/**
 * One limit of a vendor, as its last answer reported it. OpenAI and Anthropic document theirs as token buckets that refill
 * continuously and are full at the reset, so it is kept as one; where the size of the bucket is not reported, nothing is assumed to
 * refill before the reset. Times in ms on one monotonic clock.
 */
export class LearnedLimit {
  readonly #capacity: number
  readonly #mostCost: number
  readonly #perMs: number
  readonly #forgetAt: number
  /** What is left at `#at`; below 0 where more was sent than the vendor allows. */
  #level: number
  #at: number

  /**
   * `receivedAt`: when the answer came. `sentAt`: when its call was sent, which is when the vendor counted; `sentSince`: what was
   * sent after it, and is therefore not in the reading.
   */
  constructor({ limit, remaining, resetMs }: Reading, receivedAt: number, sentAt: number, sentSince: number) {
    this.#capacity = Math.max(limit ?? 0, remaining)
    this.#mostCost = limit === undefined ? Infinity : limit / 2
    this.#perMs = limit === undefined ? 0 : refillPerMs(this.#capacity, remaining, resetMs)
    this.#forgetAt =
      receivedAt + Math.min(limit === undefined ? resetMs : Math.max(resetMs, MEMORY_MS), MAX_COOLDOWN_MS)
    this.#level = Math.min(this.#capacity, remaining + this.#perMs * (receivedAt - sentAt)) - sentSince
    this.#at = receivedAt
  }

  /** What may still be sent at `now`; undefined once the reading is too old. */
  left(now: number): number | undefined {
    if (now >= this.#forgetAt) return undefined
    return Math.min(this.#capacity, this.#level + this.#perMs * (now - this.#at))
  }

  /** The share (0..1) that is used up at `now`; 0 where the limit was not reported. */
  spent(now: number): number {
    if (this.#mostCost === Infinity) return 0
    const left = this.left(now) ?? this.#capacity
    return this.#capacity === 0 ? 0 : Math.min(1, 1 - left / this.#capacity)
  }

  /**
   * The assumed cost of a call of this size: at most half of the limit. Estimates are far too high for images, and a call that needed
   * all of a limit would wait forever while others use it.
   */
  costOf(size: number): number {
    return Math.max(1, Math.min(size, this.#mostCost))
  }

  /** Ms until `cost` may be sent; 0 when it may be now. */
  waitMs(now: number, cost: number): number {
    const left = this.left(now)
    if (left === undefined || left >= cost) return 0
    return Math.max(1, Math.min(Math.ceil((cost - left) / this.#perMs), this.#forgetAt - now))
  }

  sent(now: number, cost: number): void {
    this.#level = (this.left(now) ?? this.#level) - cost
    this.#at = now
  }
}

/** Where the reset is too near to derive a rate (Anthropic's has no fractions of a second), the limit is assumed to be per minute. */
function refillPerMs(capacity: number, remaining: number, resetMs: number): number {
  const missing = capacity - remaining
  return missing > 0 && resetMs > 0 ? missing / resetMs : capacity / 60_000
}
