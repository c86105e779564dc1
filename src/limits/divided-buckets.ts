import { type Bucket, type BucketStore, bucketShare, type Taken } from './bucket.ts'
import type { MemoryBuckets } from './memory-buckets.ts'

/** Token buckets of one of several processes that count nothing together: each allows its share (above 0, at most 1) of every bucket. */
export class DividedBuckets implements BucketStore {
  readonly #buckets: MemoryBuckets
  readonly #share: number

  constructor(buckets: MemoryBuckets, share: number) {
    this.#buckets = buckets
    this.#share = share
  }

  take(key: string, bucket: Bucket, cost: number): Taken {
    return this.#buckets.take(key, bucketShare(bucket, cost, this.#share), cost)
  }

  refund(key: string, bucket: Bucket, cost: number): void {
    this.#buckets.refund(key, bucketShare(bucket, cost, this.#share), cost)
  }

  close(): Promise<void> {
    return this.#buckets.close()
  }
}
