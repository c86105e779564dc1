import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import type { BucketStore } from '../../src/limits/bucket.ts'
import { MemoryBuckets } from '../../src/limits/memory-buckets.ts'
import { redisMissing, startRedis, uniqueKey } from '../redis.ts'
import { openGateway } from './gateways.ts'

/** A store under test and a way to let time pass for it. */
interface Subject {
  readonly store: BucketStore
  elapse(ms: number): Promise<void>
  close(): Promise<void>
}

async function openMemory(): Promise<Subject> {
  let now = 1_000_000
  const store = new MemoryBuckets(() => now)
  const elapse = async (ms: number): Promise<void> => {
    now += ms
  }
  return { store, elapse, close: () => store.close() }
}

/**
 * The local buckets before Redis have a clock that races, so that they are always full again and the answers are those of
 * Redis, whose clock is the real one.
 */
async function openRedis(): Promise<Subject> {
  const redis = await startRedis()
  let now = 0
  const racing = (): number => {
    now += 1e9
    return now
  }
  const { store, reached } = await openGateway(redis.url, { now: racing })
  await reached('shared')
  const close = async (): Promise<void> => {
    await store.close()
    await redis.stop()
  }
  return { store, elapse: ms => delay(ms), close }
}

/** So slow that a test sees none of it come back. */
const SLOW = { capacity: 5, refillPerSecond: 0.01 }

function contract(name: string, open: () => Promise<Subject>, skip: string | false): void {
  describe(`bucket store: ${name}`, { skip }, () => {
    let subject: Subject
    let store: BucketStore
    before(async () => {
      subject = await open()
      store = subject.store
    })
    after(() => subject?.close())

    it('passes the capacity of a new bucket and not one more, counting down', async () => {
      const key = uniqueKey()
      const remaining: number[] = []
      for (let count = 0; count < SLOW.capacity; count += 1) {
        const taken = await store.take(key, SLOW, 1)
        assert.deepEqual([taken.allowed, taken.retryAfterMs], [true, 0])
        remaining.push(taken.remaining)
      }
      assert.deepEqual(remaining, [4, 3, 2, 1, 0])
      const refused = await store.take(key, SLOW, 1)
      assert.deepEqual([refused.allowed, refused.remaining], [false, 0])
      assert.ok(refused.retryAfterMs > 90_000 && refused.retryAfterMs <= 100_000, `${refused.retryAfterMs}`)
      assert.ok(refused.resetMs > 490_000 && refused.resetMs <= 500_000, `${refused.resetMs}`)
    })

    it('D8: a refused take consumes nothing and does not lengthen the wait', async () => {
      const key = uniqueKey()
      await store.take(key, SLOW, 4)
      const first = await store.take(key, SLOW, 2)
      for (let count = 0; count < 20; count += 1) await store.take(key, SLOW, 2)
      const last = await store.take(key, SLOW, 2)
      assert.deepEqual([first.allowed, last.allowed], [false, false])
      assert.ok(last.retryAfterMs <= first.retryAfterMs)
      assert.equal((await store.take(key, SLOW, 1)).allowed, true)
    })

    it('passes again after the wait that a refusal names', async () => {
      const key = uniqueKey()
      const bucket = { capacity: 3, refillPerSecond: 30 }
      let refused = await store.take(key, bucket, 3)
      // A token may be back before a busy machine asks for it.
      while (refused.allowed) refused = await store.take(key, bucket, 1)
      assert.ok(refused.retryAfterMs > 0 && refused.retryAfterMs <= 34, `${refused.retryAfterMs}`)
      // A timer may fire a ms early.
      await subject.elapse(refused.retryAfterMs + 1)
      assert.equal((await store.take(key, bucket, 1)).allowed, true)
    })

    it('is full again, and no fuller, after its reset', async () => {
      const key = uniqueKey()
      const bucket = { capacity: 2, refillPerSecond: 200 }
      const { resetMs } = await store.take(key, bucket, 2)
      await subject.elapse(resetMs + 20)
      assert.equal((await store.take(key, bucket, 0)).remaining, 2)
    })

    it('refuses for ever what asks for more than the capacity, and takes nothing', async () => {
      const key = uniqueKey()
      const refused = await store.take(key, SLOW, 6)
      assert.deepEqual(refused, { allowed: false, remaining: 5, retryAfterMs: Infinity, resetMs: 0 })
    })

    it('lets nothing through a bucket of capacity 0', async () => {
      const refused = await store.take(uniqueKey(), { capacity: 0, refillPerSecond: 0 }, 1)
      assert.deepEqual(refused, { allowed: false, remaining: 0, retryAfterMs: Infinity, resetMs: 0 })
    })

    it('only looks when the cost is 0', async () => {
      const key = uniqueKey()
      for (let count = 0; count < 10; count += 1) await store.take(key, SLOW, 0)
      assert.equal((await store.take(key, SLOW, 1)).remaining, 4)
    })

    it('settles a negative refund even where the bucket cannot pay', async () => {
      const key = uniqueKey()
      const bucket = { capacity: 4, refillPerSecond: 0.01 }
      await store.take(key, bucket, 3)
      store.refund(key, bucket, -3)
      const refused = await store.take(key, bucket, 1)
      assert.deepEqual([refused.allowed, refused.remaining], [false, 0])
      assert.ok(refused.retryAfterMs > 290_000, `two owed and one asked for, not ${refused.retryAfterMs}`)
    })

    it('keeps the keys apart', async () => {
      const key = uniqueKey()
      await store.take(`${key}-a`, SLOW, 5)
      assert.equal((await store.take(`${key}-b`, SLOW, 5)).allowed, true)
    })

    it('agrees with a model over any sequence of takes and refunds', async () => {
      const operation = fc.record({
        kind: fc.constantFrom('take', 'refund'),
        cost: fc.integer({ min: 0, max: SLOW.capacity }),
      })
      const property = fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async operations => {
        const key = uniqueKey()
        let tokens = SLOW.capacity
        for (const { kind, cost } of operations) {
          if (kind === 'refund') {
            store.refund(key, SLOW, cost)
            tokens = Math.min(SLOW.capacity, tokens + cost)
          } else {
            const { allowed, remaining } = await store.take(key, SLOW, cost)
            assert.equal(allowed, cost <= tokens)
            if (allowed) tokens -= cost
            assert.equal(remaining, tokens)
          }
        }
      })
      await fc.assert(property, { numRuns: 60 })
    })
  })
}

contract('memory', openMemory, false)
contract('Redis', openRedis, redisMissing)
