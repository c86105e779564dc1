import type { RedisLink } from '../redis/link.ts'
import { type Bucket, type BucketStore, bucketShare, describeTake, type Taken } from './bucket.ts'
import type { BucketDemand } from './demand.ts'
import type { LimitScripts } from './limit-scripts.ts'
import type { MemoryBuckets } from './memory-buckets.ts'

/** What the parts of a store that several gateways share have in common. */
export interface SharedParts {
  readonly buckets: MemoryBuckets
  readonly link: RedisLink
  readonly scripts: LimitScripts
  /** The part of each limit that this process allows by itself while Redis is away: above 0, at most 1. */
  readonly localShare: number
}

/**
 * Token buckets that all gateways on one Redis share. This process's own bucket is asked first: what is too much for it alone
 * is too much for all of them, so a flood is refused without a round trip; and as it has counted along, it takes over at once,
 * and not from full, when Redis is away.
 */
export class SharedBuckets implements BucketStore {
  readonly #parts: SharedParts

  constructor(parts: SharedParts) {
    this.#parts = parts
  }

  take(key: string, bucket: Bucket, cost: number): Taken | Promise<Taken> {
    const { buckets, link, localShare } = this.#parts
    if (!link.usable()) return buckets.take(key, bucketShare(bucket, cost, localShare), cost)
    const local = buckets.take(key, bucket, cost)
    return local.allowed ? this.#ask(key, bucket, cost, local) : local
  }

  refund(key: string, bucket: Bucket, cost: number): void {
    const { buckets, link, scripts, localShare } = this.#parts
    buckets.refund(key, link.shared ? bucket : bucketShare(bucket, cost, localShare), cost)
    if (link.shared) void link.answer(scripts.giveBack([demandOf(key, bucket, cost)], ''))
  }

  async close(): Promise<void> {
    this.#parts.link.close()
    await this.#parts.buckets.close()
  }

  async #ask(key: string, bucket: Bucket, cost: number, local: Taken): Promise<Taken> {
    const { buckets, link, scripts } = this.#parts
    const answer = await link.answer(scripts.take([demandOf(key, bucket, cost)], ''))
    if (answer === undefined) return local
    const allowed = answer.refused < 0
    if (!allowed) buckets.refund(key, bucket, cost)
    return describeTake(bucket, cost, allowed, answer.levels[0] as number)
  }
}

function demandOf(key: string, bucket: Bucket, cost: number): BucketDemand {
  return { key, bucket, cost, estimated: false }
}
