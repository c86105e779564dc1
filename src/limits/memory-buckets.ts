import { type Bucket, type BucketStore, describeTake, refillMs, type Taken, TOLERANCE_MS } from './bucket.ts'

interface Entry {
  /** When the bucket will be full again, on the store's clock (ms). All there is to know: it moves by time, not by counting. */
  fullAt: number
}

/** Old entries looked at for each new one. With two, the map never holds more than about twice the buckets in use. */
const LOOKS_PER_ENTRY = 2

/**
 * Token buckets of this process. Synchronous: a take is one look-up and some arithmetic. Only buckets that are full again are
 * forgotten, which loses nothing, so no flood of other keys can reset a limited one.
 */
export class MemoryBuckets implements BucketStore {
  readonly #entries = new Map<string, Entry>()
  readonly #now: () => number
  #hand: Iterator<[string, Entry]> = this.#entries.entries()

  /** `now` is a monotonic clock in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Buckets that are kept at the moment, for tests and metrics. */
  get size(): number {
    return this.#entries.size
  }

  take(key: string, bucket: Bucket, cost: number): Taken {
    const now = this.#now()
    const entry = this.#entries.get(key)
    const before = untilFull(entry, now)
    const after = before + refillMs(bucket, cost)
    const allowed = cost <= bucket.capacity && after <= refillMs(bucket, bucket.capacity) + TOLERANCE_MS
    if (allowed) this.#write(key, entry, now, after)
    return describeTake(bucket, cost, allowed, allowed ? after : before)
  }

  refund(key: string, bucket: Bucket, cost: number): void {
    const now = this.#now()
    const entry = this.#entries.get(key)
    const before = untilFull(entry, now)
    this.#write(key, entry, now, before - refillMs(bucket, cost))
  }

  async close(): Promise<void> {
    this.#entries.clear()
  }

  #write(key: string, entry: Entry | undefined, now: number, untilFullMs: number): void {
    if (entry !== undefined) entry.fullAt = now + untilFullMs
    else if (untilFullMs > 0) {
      this.#forgetSome(now)
      this.#entries.set(key, { fullAt: now + untilFullMs })
    }
  }

  /** Like the hand of a clock, a little further round with each new entry: no timer, and no pause for a whole sweep. */
  #forgetSome(now: number): void {
    for (let looks = 0; looks < LOOKS_PER_ENTRY; looks += 1) {
      const next = this.#hand.next()
      if (next.done) {
        this.#hand = this.#entries.entries()
        return
      }
      const [key, entry] = next.value
      if (entry.fullAt <= now) this.#entries.delete(key)
    }
  }
}

/** How long (ms) until the bucket is full; one that is not kept is full. */
function untilFull(entry: Entry | undefined, now: number): number {
  return entry === undefined ? 0 : Math.max(0, entry.fullAt - now)
}
