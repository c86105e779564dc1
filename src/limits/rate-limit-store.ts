import type { Bucket, BucketStore, Taken } from './bucket.ts'

/** What @fastify/rate-limit asks of a store: `current` above the maximum means refused, `ttl` in ms. */
export interface RateLimitStore {
  incr(key: string | CountedKey, callback: RateLimitCallback, timeWindow: number, max: number): void
  child(): RateLimitStore
}

/**
 * A key that remembers what its bucket answered. @fastify/rate-limit hands keys to its store untouched, and would otherwise
 * tell the answer only by setting headers, which to rename means to delete: the slowest thing one can do to a reply.
 */
export class CountedKey {
  readonly name: string
  taken: Taken | undefined

  constructor(name: string) {
    this.name = name
  }
}

type RateLimitCallback = (error: Error | null, result?: { current: number; ttl: number }) => void

/** The bucket that @fastify/rate-limit's words mean: `max` at once, and `max` again in each `timeWindow` (ms). */
export function requestBucket(max: number, timeWindow: number): Bucket {
  return { capacity: max, refillPerSecond: (max / timeWindow) * 1000 }
}

/**
 * A class for the plugin's `store` option. The plugin makes one instance and a child for each route that has options of its
 * own; all are the same, so one limit holds over all routes. For a burst other than a minute's worth give the burst as `max`
 * and the time in which it refills as `timeWindow`.
 */
export function rateLimitStore(buckets: BucketStore): new () => RateLimitStore {
  return class implements RateLimitStore {
    incr(key: string | CountedKey, callback: RateLimitCallback, timeWindow: number, max: number): void {
      const answer = (taken: Taken): void => {
        if (key instanceof CountedKey) key.taken = taken
        callback(null, resultOf(taken, timeWindow, max))
      }
      const name = key instanceof CountedKey ? key.name : key
      const taken = buckets.take(name, requestBucket(max, timeWindow), 1)
      if (taken instanceof Promise) void taken.then(answer)
      else answer(taken)
    }

    child(): RateLimitStore {
      return this
    }
  }
}

/** One request never waits longer than a window; a maximum of 0 would say for ever, which is no header value. */
function resultOf(taken: Taken, timeWindow: number, max: number): { current: number; ttl: number } {
  if (!taken.allowed) return { current: max + 1, ttl: Math.min(taken.retryAfterMs, timeWindow) }
  return { current: max - taken.remaining, ttl: taken.resetMs }
}
