import { connectRedis } from '../redis/connect.ts'
import { type OnLinkState, RedisLink } from '../redis/link.ts'
import { MemoryCache } from './memory-cache.ts'
import { RedisCache } from './redis-cache.ts'
import type { AnswerStore } from './store.ts'

/** Prefix of all keys in Redis; the number changes with the format of the values. */
const KEY_PREFIX = 'sluice:answer:1:'

interface StoreOptions {
  /** `redis://` or `rediss://`; undefined or empty: this process alone. */
  readonly redisUrl?: string | undefined
  /** Longest wait (ms) for one reply of Redis. */
  readonly timeout: number
  readonly onState: OnLinkState
  /** How often (ms) a Redis that is down is probed; default 1000. */
  readonly probeIntervalMs?: number
  /** Monotonic clock (ms) of the local store; Redis goes by its own. */
  readonly now: () => number
}

/** The answer store of the process. Does not wait for Redis: until it replies, answers are stored in memory alone. */
export async function openStore(options: StoreOptions): Promise<AnswerStore> {
  const { redisUrl, timeout, onState, probeIntervalMs, now } = options
  const local = new MemoryCache(now)
  if (!redisUrl) return local
  const client = await connectRedis(redisUrl, KEY_PREFIX)
  const probe = () => client.set('probe', '', 'PX', 1)
  // One failure is enough: without Redis a gateway only misses the answers of others.
  const link = new RedisLink({ client, probe, onState, failures: 1, timeout, probeIntervalMs })
  return new RedisCache(local, link, client)
}
