import { connectRedis } from '../redis/connect.ts'
import { type OnLinkState, RedisLink } from '../redis/link.ts'
import type { BucketStore } from './bucket.ts'
import { DividedBuckets } from './divided-buckets.ts'
import { LimitScripts } from './limit-scripts.ts'
import { LocalLimits } from './local-limits.ts'
import { MemoryBuckets } from './memory-buckets.ts'
import type { ReservationStore } from './reservation.ts'
import { SharedBuckets } from './shared-buckets.ts'
import { SharedLimits } from './shared-limits.ts'
import { SlotRenewal } from './slot-renewal.ts'
import { SlotReturns } from './slot-returns.ts'

/** All that this store writes begins so. */
export const KEY_PREFIX = 'sluice:limit:'
/** Failures in a row before Redis is left alone: one may be a hiccup, and without Redis a limit is each gateway's own. */
const FAILURES_TO_LOCAL = 3

interface LimitsOptions {
  /** `redis://` or `rediss://`; undefined or empty: this process alone. */
  readonly redisUrl?: string | undefined
  /** The part of this gateway's limits that this process, one of several, allows by itself: above 0, at most 1; 1 unless set. */
  readonly share?: number
  /** The part of each limit that this gateway allows by itself while Redis is away: above 0, at most 1. */
  readonly localShare: number
  /** How long (whole ms) a slot is held in Redis when the process that took it is gone. */
  readonly slotTtl: number
  /** Longest wait (ms) for one answer of Redis. */
  readonly timeout: number
  readonly onState: OnLinkState
  /** How often (ms) a Redis that is away is tried; default 1000. */
  readonly probeIntervalMs?: number
  /** Monotonic clock (ms) of the local buckets; Redis goes by its own. */
  readonly now?: () => number
}

/** Where limits are counted: single buckets, and room for whole requests in several limits at once. */
export interface Limits {
  readonly buckets: BucketStore
  readonly reservations: ReservationStore
  close(): Promise<void>
}

/** The limits of the process. Does not wait for Redis: until it answers, limits are kept locally. */
export async function openLimits(options: LimitsOptions): Promise<Limits> {
  const { redisUrl, share = 1, slotTtl, timeout, onState, probeIntervalMs, now } = options
  const buckets = new MemoryBuckets(now)
  const local = new LocalLimits(buckets, share)
  if (!redisUrl) {
    const store = share === 1 ? buckets : new DividedBuckets(buckets, share)
    return { buckets: store, reservations: local, close: () => buckets.close() }
  }
  const localShare = options.localShare * share
  const client = await connectRedis(redisUrl, KEY_PREFIX)
  const scripts = new LimitScripts(client, slotTtl)
  const link = new RedisLink({
    client,
    probe: () => scripts.probe(),
    failures: FAILURES_TO_LOCAL,
    timeout,
    probeIntervalMs,
    onState: (state, reason) => {
      if (state === 'shared') void returns.flush()
      onState(state, reason)
    },
  })
  const returns = new SlotReturns(link, scripts)
  const parts = { buckets, link, scripts, localShare }
  const shared = new SharedBuckets(parts)
  const renewal = new SlotRenewal(link, scripts, returns, slotTtl)
  const close = async () => {
    renewal.close()
    await shared.close()
  }
  return { buckets: shared, reservations: new SharedLimits(local, renewal, returns, parts), close }
}
