import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketShare, TOLERANCE_MS } from '../../src/limits/bucket.ts'
import { LocalLimits } from '../../src/limits/local-limits.ts'
import { MemoryBuckets } from '../../src/limits/memory-buckets.ts'
import type { Reservation } from '../../src/limits/reservation.ts'

const anyBucket = fc.record({
  capacity: fc.integer({ min: 1, max: 1000 }),
  refillPerSecond: fc.double({ min: 1 / 60, max: 1e4, noNaN: true }),
})

test('D5: no interleaving of requests and their ends uses more than the capacity and what has refilled', () => {
  const step = fc.record({
    waitMs: fc.double({ min: 0, max: 2000, noNaN: true }),
    cost: fc.integer({ min: 0, max: 300 }),
    ends: fc.option(fc.record({ which: fc.nat(9), share: fc.double({ min: 0, max: 1, noNaN: true }) })),
  })
  fc.assert(
    fc.property(anyBucket, fc.array(step, { maxLength: 60 }), (bucket, steps) => {
      let now = 0
      const limits = new LocalLimits(new MemoryBuckets(() => now))
      const open: { reservation: Reservation; cost: number }[] = []
      let used = 0
      for (const { waitMs, cost, ends } of steps) {
        now += waitMs
        const { reservation } = limits.reserve([{ key: 'key', bucket, cost, estimated: true }])
        if (reservation !== undefined) {
          open.push({ reservation, cost })
          used += cost
        }
        const [ended] = ends === null ? [] : open.splice(ends.which, 1)
        if (ended !== undefined && ends !== null) {
          const part = ended.cost * ends.share
          ended.reservation.settle(part)
          used -= ended.cost - part
        }
        const most = bucket.capacity + (bucket.refillPerSecond * (now + (open.length + 2) * TOLERANCE_MS)) / 1000
        assert.ok(used <= most + 1e-6, `${used} used in ${now} ms, at most ${most}`)
      }
    }),
  )
})

test('an admission is a plain value: the usual path awaits nothing', () => {
  const limits = new LocalLimits(new MemoryBuckets())
  assert.equal(limits.reserve([{ key: 'key', slots: 1 }]) instanceof Promise, false)
})

test('a share of a bucket has a part of its rate and burst, and still lets pass what the whole one would', () => {
  const bucket = { capacity: 100, refillPerSecond: 10 }
  assert.equal(bucketShare(bucket, 60, 1), bucket)
  assert.deepEqual(bucketShare(bucket, 20, 0.5), { capacity: 50, refillPerSecond: 5 })
  assert.deepEqual(bucketShare(bucket, 60, 0.5), { capacity: 60, refillPerSecond: 5 })
  assert.deepEqual(bucketShare(bucket, 200, 0.5), { capacity: 100, refillPerSecond: 5 })
})
