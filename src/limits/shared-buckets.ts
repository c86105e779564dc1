import type { RedisLink } from '../redis/link.ts'
import { type Bucket, type BucketStore, describeTake, refillMs, type Taken } from './bucket.ts'
import type { MemoryBuckets } from './memory-buckets.ts'
import type { BucketScript, ScriptCall } from './redis-script.ts'

/**
 * Token buckets that all gateways on one Redis share. This process's own bucket is asked first: what is too much for it alone
 * is too much for all of them, so a flood is refused without a round trip; and as it has counted along, it takes over at once,
 * and not from full, when Redis is away.
 */
export class SharedBuckets implements BucketStore {
  readonly #local: MemoryBuckets
  readonly #link: RedisLink
  readonly #script: BucketScript

  constructor(local: MemoryBuckets, link: RedisLink, script: BucketScript) {
    this.#local = local
    this.#link = link
    this.#script = script
  }

  take(key: string, bucket: Bucket, cost: number): Taken | Promise<Taken> {
    const local = this.#local.take(key, bucket, cost)
    return local.allowed && this.#link.usable() ? this.#ask(key, bucket, cost, local) : local
  }

  refund(key: string, bucket: Bucket, cost: number): void {
    this.#local.refund(key, bucket, cost)
    if (this.#link.usable()) void this.#link.answer(this.#script.run(scriptCall(key, bucket, -cost, true)))
  }

  async close(): Promise<void> {
    this.#link.close()
    await this.#local.close()
  }

  async #ask(key: string, bucket: Bucket, cost: number, local: Taken): Promise<Taken> {
    const answer = await this.#link.answer(this.#script.run(scriptCall(key, bucket, cost, false)))
    if (answer === undefined) return local
    if (!answer.allowed) this.#local.refund(key, bucket, cost)
    return describeTake(bucket, cost, answer.allowed, answer.untilFullMs)
  }
}

function scriptCall(key: string, bucket: Bucket, cost: number, always: boolean): ScriptCall {
  return { key, windowMs: refillMs(bucket, bucket.capacity), costMs: refillMs(bucket, cost), always }
}
