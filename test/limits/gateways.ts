import { setTimeout } from 'node:timers/promises'
import type { Bucket, BucketStore } from '../../src/limits/bucket.ts'
import { openBuckets } from '../../src/limits/open.ts'
import type { LinkState } from '../../src/redis/link.ts'

/** The store of one gateway on a Redis, with what it told of its state. */
export interface Gateway {
  readonly store: BucketStore
  readonly states: string[]
  /** Resolves when the gateway is next in this state, or at once when it is. */
  reached(state: LinkState): Promise<void>
}

/** Opens a gateway that tries a lost Redis every 20 ms instead of every second; `now` is the clock of its local buckets. */
export async function openGateway(redisUrl: string, now?: () => number): Promise<Gateway> {
  const states: string[] = []
  const waiting: (() => void)[] = []
  const onState = (state: LinkState, reason: string): void => {
    states.push(`${state}: ${reason}`)
    for (const wake of waiting.splice(0)) wake()
  }
  const store = await openBuckets({ redisUrl, onState, probeIntervalMs: 20, ...(now && { now }) })
  const reached = async (state: LinkState): Promise<void> => {
    while (!states.at(-1)?.startsWith(state)) {
      // Without traffic nothing is tried again, and on a busy machine the first probe may come too late.
      await store.take('traffic', { capacity: 1, refillPerSecond: 1 }, 0)
      await Promise.race([new Promise<void>(wake => waiting.push(wake)), setTimeout(20)])
    }
  }
  return { store, states, reached }
}

/** How many of `count` takes of one token pass, all begun at once. */
export async function passed(store: BucketStore, key: string, bucket: Bucket, count: number): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, async () => store.take(key, bucket, 1)))
  return answers.filter(({ allowed }) => allowed).length
}
