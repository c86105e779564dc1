import type { BucketStore } from './bucket.ts'
import { MemoryBuckets } from './memory-buckets.ts'
import { type OnLimitsState, RedisLink } from './redis-link.ts'
import { SharedBuckets } from './shared-buckets.ts'

/** All that this store writes begins so. */
const KEY_PREFIX = 'sluice:limit:'

/** No command waits for a connection, and none is sent twice: a take that was sent may have counted. */
const CLIENT_OPTIONS = {
  keyPrefix: KEY_PREFIX,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 500,
  // A connection on which nothing comes back is given up, or a cut network would be noticed only when TCP tires of it.
  socketTimeout: 2000,
  disconnectTimeout: 200,
  retryStrategy: (attempt: number) => Math.min(attempt * 100, 1000),
}

export interface BucketsOptions {
  /** `redis://` or `rediss://`; undefined or empty: this process alone. */
  readonly redisUrl?: string | undefined
  readonly onState: OnLimitsState
  /** How often (ms) a Redis that is away is tried; default 1000. */
  readonly probeIntervalMs?: number
  /** Monotonic clock (ms) of the local buckets; Redis goes by its own. */
  readonly now?: () => number
}

/** The bucket store of the process. Does not wait for Redis: until it answers, limits are kept locally. */
export async function openBuckets({ redisUrl, onState, probeIntervalMs, now }: BucketsOptions): Promise<BucketStore> {
  const local = new MemoryBuckets(now)
  if (!redisUrl) return local
  // Loaded only here: without Redis the gateway starts sooner.
  const { Redis } = await import('ioredis')
  const link = new RedisLink(new Redis(redisUrl, CLIENT_OPTIONS), onState, probeIntervalMs)
  return new SharedBuckets(local, link)
}
