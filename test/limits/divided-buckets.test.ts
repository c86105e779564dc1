import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bucket, BucketStore, Taken } from '../../src/limits/bucket.ts'
import { slotShare } from '../../src/limits/demand.ts'
import { openLimits } from '../../src/limits/open.ts'
import { shareOfKeyLimits } from '../../src/routing/quota/key-limits.ts'

/** The limits of one of `count` processes, without Redis. */
async function openOneOf(count: number, now: () => number) {
  return openLimits({ share: 1 / count, localShare: 1, slotTtl: 1, timeout: 1, onState: () => {}, now })
}

/** Whether one token was there. Of a store without Redis, which answers at once. */
function takes(buckets: BucketStore, bucket = MINUTE): boolean {
  return (buckets.take('key', bucket, 1) as Taken).allowed
}

const MINUTE: Bucket = { capacity: 60, refillPerSecond: 1 }

test('two processes allow the burst together, and the rate together', async () => {
  let now = 0
  const processes = await Promise.all([1, 2].map(() => openOneOf(2, () => now)))
  const passed = () => {
    let count = 0
    for (const { buckets } of processes) {
      for (let take = 0; take < 100; take += 1) if (takes(buckets)) count += 1
    }
    return count
  }
  assert.equal(passed(), 60)
  now += 10_000
  assert.equal(passed(), 10)
})

test('a burst that is smaller than the number of processes lets one pass at each, and the rate holds', async () => {
  let now = 0
  const processes = await Promise.all([1, 2, 3].map(() => openOneOf(3, () => now)))
  const bucket = { capacity: 1, refillPerSecond: 1 }
  const passed = () => processes.filter(({ buckets }) => takes(buckets, bucket)).length
  assert.equal(passed(), 3)
  now += 2_000
  assert.equal(passed(), 0)
  now += 1_000
  assert.equal(passed(), 3)
})

test('what is given back is given back to the share', async () => {
  const { buckets } = await openOneOf(2, () => 0)
  for (let take = 0; take < 30; take += 1) assert.ok(takes(buckets))
  assert.ok(!takes(buckets))
  buckets.refund('key', MINUTE, 1)
  assert.ok(takes(buckets))
  assert.ok(!takes(buckets))
})

test('whole requests reserve from the share, and a call that the limit allows passes though it is larger', async () => {
  const { reservations } = await openOneOf(4, () => 0)
  const tokens = { key: 'tokens', bucket: { capacity: 1000, refillPerSecond: 10 }, cost: 900, estimated: true }
  const slots = { key: 'slots', slots: 8 }
  const first = await reservations.reserve([tokens, slots])
  assert.ok(first.reservation)
  assert.equal((await reservations.reserve([tokens])).refused, 0)
  assert.ok((await reservations.reserve([slots])).reservation)
  assert.equal((await reservations.reserve([slots])).refused, 0)
  first.reservation.settle(0)
  assert.ok((await reservations.reserve([tokens, slots])).reservation)
})

test("a vendor's limits but for tokens are divided, and one call at least is left of each", () => {
  const whole = { requestsPerMinute: 90, burst: 2, tokensPerMinute: 3000, concurrency: 7 }
  assert.equal(shareOfKeyLimits(whole, 1), whole)
  assert.deepEqual(shareOfKeyLimits(whole, 0.5), {
    requestsPerMinute: 45,
    burst: 1,
    tokensPerMinute: 3000,
    concurrency: 3,
  })
  const least = { requestsPerMinute: 1, burst: 1, tokensPerMinute: undefined, concurrency: 1 }
  assert.deepEqual(shareOfKeyLimits(least, 0.25), { ...least, requestsPerMinute: 0.25 })
})

test('slots that can be divided evenly are', () => {
  for (let count = 2; count <= 99; count += 1) assert.equal(slotShare(2 * count, 1 / count), 2)
})
