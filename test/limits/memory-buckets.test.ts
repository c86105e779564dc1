import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Bucket, TOLERANCE_MS } from '../../src/limits/bucket.ts'
import { MemoryBuckets } from '../../src/limits/memory-buckets.ts'

/** What rates and clocks there are: one a minute to ten thousand a second, and processes up to a year old. */
const anyBucket = fc.record({
  capacity: fc.integer({ min: 1, max: 1000 }),
  refillPerSecond: fc.double({ min: 1 / 60, max: 1e4, noNaN: true }),
})
const anyStart = fc.integer({ min: 0, max: 365 * 24 * 3600 * 1000 })

function withClock(start: number): { store: MemoryBuckets; elapse(ms: number): void } {
  let now = start
  const elapse = (ms: number): void => {
    now += ms
  }
  return { store: new MemoryBuckets(() => now), elapse }
}

test('D5: no window of time sees more than the capacity and what refilled in it', () => {
  const step = fc.record({
    waitMs: fc.double({ min: 0, max: 2000, noNaN: true }),
    cost: fc.integer({ min: 0, max: 20 }),
  })
  const steps = fc.array(step, { maxLength: 60 })
  fc.assert(
    fc.property(anyBucket, anyStart, steps, (bucket, start, sequence) => {
      const { store, elapse } = withClock(start)
      const takes: { at: number; cost: number }[] = []
      let at = 0
      for (const { waitMs, cost } of sequence) {
        elapse(waitMs)
        at += waitMs
        if (store.take('key', bucket, cost).allowed) takes.push({ at, cost })
      }
      for (const [index, first] of takes.entries()) assertWindows(bucket, first.at, takes.slice(index))
    }),
  )
})

function assertWindows(bucket: Bucket, from: number, takes: { at: number; cost: number }[]): void {
  let total = 0
  for (const { at, cost } of takes) {
    total += cost
    // What a take may be early by, and as much again for the digits that adding up a clock of a year loses.
    const most = bucket.capacity + (bucket.refillPerSecond * (at - from + 2 * TOLERANCE_MS)) / 1000
    assert.ok(total <= most, `${total} passed in ${at - from} ms, at most ${most}`)
  }
}

test('a steady load at the rate never starves, however little refills between two takes', () => {
  fc.assert(
    fc.property(anyBucket, anyStart, fc.integer({ min: 1, max: 5 }), (bucket, start, wished) => {
      const cost = Math.min(wished, bucket.capacity)
      const { store, elapse } = withClock(start)
      store.take('key', bucket, bucket.capacity)
      for (let count = 0; count < 200; count += 1) {
        elapse((cost / bucket.refillPerSecond) * 1000)
        assert.equal(store.take('key', bucket, cost).allowed, true, `take ${count}`)
      }
    }),
  )
})

test('what remains is counted in whole tokens, whatever the rate', () => {
  fc.assert(
    fc.property(anyBucket, anyStart, (bucket, start) => {
      const { store } = withClock(start)
      for (let left = bucket.capacity - 1; left >= 0; left -= 1)
        assert.equal(store.take('key', bucket, 1).remaining, left)
    }),
  )
})

test('refused takes in between do not starve a steady load either', () => {
  const bucket = { capacity: 1, refillPerSecond: 3 }
  const { store, elapse } = withClock(0)
  let passes = 0
  for (let ms = 0; ms < 60_000; ms += 1) {
    if (store.take('key', bucket, 1).allowed) passes += 1
    elapse(1)
  }
  // Each third of a second is rounded up to the next ms of this clock.
  assert.equal(passes, Math.ceil(60_000 / 334))
})

test('refunds never bring a bucket above its capacity', () => {
  const operation = fc.record({ take: fc.boolean(), cost: fc.integer({ min: 0, max: 2000 }), waitMs: fc.nat(50) })
  fc.assert(
    fc.property(anyBucket, fc.array(operation), (bucket, operations) => {
      const { store, elapse } = withClock(0)
      for (const { take, cost, waitMs } of operations) {
        elapse(waitMs)
        if (take) store.take('key', bucket, cost)
        else store.refund('key', bucket, cost)
      }
      assert.ok(store.take('key', bucket, 0).remaining <= bucket.capacity)
      store.refund('key', bucket, 1e9)
      assert.equal(store.take('key', bucket, bucket.capacity).allowed, true)
      assert.equal(store.take('key', bucket, bucket.capacity).allowed, false)
    }),
  )
})

test('D7: 10 000 other keys do not reset a limited one', () => {
  const bucket = { capacity: 10, refillPerSecond: 1 / 6 }
  const { store, elapse } = withClock(0)
  store.take('limited', bucket, 10)
  for (let index = 0; index < 10_000; index += 1) {
    store.take(`random-${index}`, bucket, 1)
    if (index % 10 === 0) elapse(1)
  }
  assert.equal(store.take('limited', bucket, 1).allowed, false)
})

test('buckets that are full again are forgotten: memory follows the keys in use, not the keys seen', () => {
  const bucket = { capacity: 10, refillPerSecond: 1 }
  const { store, elapse } = withClock(0)
  // Each is full again after a second, so 1000 are in use at any time.
  for (let index = 0; index < 100_000; index += 1) {
    store.take(`key-${index}`, bucket, 1)
    elapse(1)
  }
  assert.ok(store.size >= 1000, `the ${store.size} kept include all in use`)
  assert.ok(store.size <= 2100, `${store.size} are kept`)
})

test('looking at a bucket or refilling one that is full stores nothing', () => {
  const { store } = withClock(0)
  const bucket = { capacity: 10, refillPerSecond: 1 }
  store.take('key', bucket, 0)
  store.refund('key', bucket, 5)
  assert.equal(store.size, 0)
})

test('a take is a plain value: the usual path awaits nothing', () => {
  assert.equal(new MemoryBuckets().take('key', { capacity: 1, refillPerSecond: 1 }, 1) instanceof Promise, false)
})
