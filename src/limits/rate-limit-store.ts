import type { Bucket, BucketStore, Taken } from './bucket.ts'

/** The plugin's `max`: it refuses a request for which its store counts more, and ours counts none or one too many. */
export const MOST = 1

const ALLOWED = { current: 0, ttl: 0 }

/** What @fastify/rate-limit asks of a store: `current` above `max` means refused, `ttl` in ms. */
interface RateLimitStore {
  incr(key: unknown, callback: RateLimitCallback): void
  child(): RateLimitStore
}

/**
 * A key that says in which bucket it counts, and remembers what that answered. @fastify/rate-limit hands keys to its store
 * untouched. Asked through its own options and headers, each question would be a promise more, and each header one to rename.
 */
export class CountedKey {
  readonly name: string
  readonly bucket: Bucket
  taken: Taken | undefined
  /** For how long (ms) another machine was waited for. */
  waitedMs = 0

  constructor(name: string, bucket: Bucket) {
    this.name = name
    this.bucket = bucket
  }
}

type RateLimitCallback = (error: Error | null, result?: { current: number; ttl: number }) => void

/** The bucket of a limit: `burst` at once, and as many again as the rate fills up. */
export function requestBucket({ requestsPerMinute, burst }: { requestsPerMinute: number; burst: number }): Bucket {
  return { capacity: burst, refillPerSecond: requestsPerMinute / 60 }
}

/**
 * A class for the plugin's `store` option, with `max: MOST`. The plugin makes one instance and a child for each route that has
 * options of its own; all are the same, so one limit holds over all routes. What is no CountedKey is not counted.
 */
export function rateLimitStore(buckets: BucketStore): new () => RateLimitStore {
  return class implements RateLimitStore {
    incr(key: unknown, callback: RateLimitCallback): void {
      if (!(key instanceof CountedKey)) {
        callback(null, ALLOWED)
        return
      }
      const answer = (taken: Taken): void => {
        key.taken = taken
        callback(null, taken.allowed ? ALLOWED : { current: MOST + 1, ttl: taken.retryAfterMs })
      }
      const taken = buckets.take(key.name, key.bucket, 1)
      if (!(taken instanceof Promise)) {
        answer(taken)
        return
      }
      const began = performance.now()
      void taken.then(late => {
        key.waitedMs = performance.now() - began
        answer(late)
      })
    }

    child(): RateLimitStore {
      return this
    }
  }
}
