import { connectRedis } from '../redis/connect.ts'
import { type OnLinkState, RedisLink } from '../redis/link.ts'
import type { BucketStore } from './bucket.ts'
import { MemoryBuckets } from './memory-buckets.ts'
import { BucketScript, PROBE } from './redis-script.ts'
import { SharedBuckets } from './shared-buckets.ts'

/** All that this store writes begins so. */
const KEY_PREFIX = 'sluice:limit:'
/** Failures in a row before Redis is left alone: one may be a hiccup, and without Redis a limit is each gateway's own. */
const FAILURES_TO_LOCAL = 3

export interface BucketsOptions {
  /** `redis://` or `rediss://`; undefined or empty: this process alone. */
  readonly redisUrl?: string | undefined
  readonly onState: OnLinkState
  /** How often (ms) a Redis that is away is tried; default 1000. */
  readonly probeIntervalMs?: number
  /** Monotonic clock (ms) of the local buckets; Redis goes by its own. */
  readonly now?: () => number
}

/** The bucket store of the process. Does not wait for Redis: until it answers, limits are kept locally. */
export async function openBuckets({ redisUrl, onState, probeIntervalMs, now }: BucketsOptions): Promise<BucketStore> {
  const local = new MemoryBuckets(now)
  if (!redisUrl) return local
  const client = await connectRedis(redisUrl, KEY_PREFIX)
  const script = new BucketScript(client)
  const probe = () => script.run(PROBE)
  const link = new RedisLink({ client, probe, onState, failures: FAILURES_TO_LOCAL, probeIntervalMs })
  return new SharedBuckets(local, link, script)
}
