/** A token bucket: at most `capacity` at once and `refillPerSecond` in the long run. Both are above 0, or nothing may pass. */
export interface Bucket {
  readonly capacity: number
  readonly refillPerSecond: number
}

/** The answer to one `take`. */
export interface Taken {
  readonly allowed: boolean
  /** Whole tokens that are left. */
  readonly remaining: number
  /** After so many ms the same take would pass; 0 when it did pass, Infinity when it never can, as it asks for more than the capacity. */
  readonly retryAfterMs: number
  /** After so many ms without another take the bucket is full. */
  readonly resetMs: number
}

/** Where the buckets are kept. A key always goes with one bucket: two limits of one caller have two keys. */
export interface BucketStore {
  /**
   * Takes `cost` tokens, or none when there are not as many; a refusal changes nothing. A cost of 0 only looks. Plain values
   * when no other machine had to be asked, so that the usual path awaits nothing. Never throws or rejects.
   */
  take(key: string, bucket: Bucket, cost: number): Taken | Promise<Taken>
  /**
   * Gives `cost` tokens back, up to the capacity, in the process that took them. A negative cost (a call has used more than it
   * had reserved) is taken even where the bucket cannot pay, and what is owed refills first.
   */
  refund(key: string, bucket: Bucket, cost: number): void
  close(): Promise<void>
}

/** What any take may be early by, in ms: more than floating point gets wrong over a burst of thousands, less than anyone notices. */
export const TOLERANCE_MS = 0.01

/** How long (ms) the bucket takes to refill `tokens`. */
export function refillMs(bucket: Bucket, tokens: number): number {
  return (tokens / bucket.refillPerSecond) * 1000
}

/**
 * What one process allows by itself of a bucket that several share: `share` (above 0, at most 1) of its rate and its burst. One that
 * could not pay `cost` even when full is let grow to it, or the call would never pass.
 */
export function bucketShare(bucket: Bucket, cost: number, share: number): Bucket {
  if (share === 1) return bucket
  const { capacity, refillPerSecond } = bucket
  return { capacity: Math.max(capacity * share, Math.min(cost, capacity)), refillPerSecond: refillPerSecond * share }
}

/** The answer for a bucket that, after the take, is full in `untilFullMs`. */
export function describeTake(bucket: Bucket, cost: number, allowed: boolean, untilFullMs: number): Taken {
  const spareMs = refillMs(bucket, bucket.capacity) - untilFullMs
  const tokens = Math.floor(((spareMs + TOLERANCE_MS) * bucket.refillPerSecond) / 1000)
  return {
    allowed,
    remaining: Math.min(bucket.capacity, Math.max(0, tokens || 0)),
    retryAfterMs: allowed ? 0 : retryAfterMs(bucket, cost, spareMs),
    resetMs: Math.ceil(untilFullMs),
  }
}

function retryAfterMs(bucket: Bucket, cost: number, spareMs: number): number {
  if (bucket.capacity <= 0 || cost > bucket.capacity) return Infinity
  return Math.ceil(refillMs(bucket, cost) - spareMs)
}
