import { setTimeout } from 'node:timers/promises'
import type { Bucket, BucketStore } from '../../src/limits/bucket.ts'
import { openLimits } from '../../src/limits/open.ts'
import type { ReservationStore } from '../../src/limits/reservation.ts'
import type { LinkState } from '../../src/redis/link.ts'

/** The store of one gateway on a Redis, with what it told of its state. */
export interface Gateway {
  readonly store: BucketStore
  readonly reservations: ReservationStore
  readonly states: string[]
  /** Resolves when the gateway is next in this state, or at once when it is. */
  reached(state: LinkState): Promise<void>
}

export interface GatewayOptions {
  /** The clock of its local buckets. */
  readonly now?: () => number
  readonly localShare?: number
  /** Of one of several processes that are a gateway together. */
  readonly share?: number
  readonly slotTtl?: number
  readonly timeout?: number
}

/** As configured unless said otherwise, where it is of interest; everywhere else a busy machine is waited for. */
export const DEFAULT_TIMEOUT = { timeout: 22 }

/** Opens a gateway that tries a lost Redis every 20 ms instead of every second. */
export async function openGateway(redisUrl: string, options: GatewayOptions = {}): Promise<Gateway> {
  const states: string[] = []
  const waiting: (() => void)[] = []
  const onState = (state: LinkState, reason: string): void => {
    states.push(`${state}: ${reason}`)
    for (const wake of waiting.splice(0)) wake()
  }
  const settings = {
    redisUrl,
    onState,
    probeIntervalMs: 20,
    localShare: 1,
    slotTtl: 30_000,
    timeout: 10_000,
    ...options,
  }
  const { buckets, reservations, close } = await openLimits(settings)
  // The tests close the one that they use most.
  const store: BucketStore = { take: buckets.take.bind(buckets), refund: buckets.refund.bind(buckets), close }
  const reached = async (state: LinkState): Promise<void> => {
    while (!states.at(-1)?.startsWith(state)) {
      // Without traffic nothing is tried again, and on a busy machine the first probe may come too late.
      await store.take('traffic', { capacity: 1, refillPerSecond: 1 }, 0)
      await Promise.race([new Promise<void>(wake => waiting.push(wake)), setTimeout(20, undefined, { ref: false })])
    }
  }
  return { store, reservations, states, reached }
}

/** How many of `count` takes of one token pass, all begun at once. */
export async function passed(store: BucketStore, key: string, bucket: Bucket, count: number): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, async () => store.take(key, bucket, 1)))
  return answers.filter(({ allowed }) => allowed).length
}
