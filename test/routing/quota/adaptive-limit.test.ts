import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AdaptiveLimit } from '../../../src/routing/quota/adaptive-limit.ts'

/** A limit that was cut at `now` with so many calls under way. */
function cut(underWay: number, now = 1_000): AdaptiveLimit {
  const limit = new AdaptiveLimit()
  limit.overloaded(now - 1, now, underWay)
  return limit
}

test('there is no limit until the vendor has too many calls', () => {
  const limit = new AdaptiveLimit()
  assert.equal(limit.at(0), Infinity)
  for (let at = 0; at < 1_000; at += 1) limit.succeeded(at)
  assert.equal(limit.at(1_000), Infinity)
})

test('a cut leaves seven tenths of what was under way', () => {
  assert.equal(cut(100).at(1_000), 70)
  assert.equal(cut(1_000).at(1_000), 700)
})

test('it grows back to where it was too much, stays near there, and then grows on', () => {
  const limit = cut(50)
  const after = (seconds: number) => limit.at(1_000 + seconds * 1_000)
  assert.deepEqual([after(0), after(3), after(5), after(7)], [35, 49, 50, 51])
  assert.ok(after(15) > 150, String(after(15)))
  assert.equal(after(200), Infinity, 'and is forgotten')
})

test('all calls that were under way together cut it once', () => {
  const limit = cut(100)
  for (let count = 0; count < 99; count += 1) limit.overloaded(999, 1_001, 99 - count)
  assert.equal(limit.at(1_001), 70)
})

test('a vendor that is down cuts it once: a further cut needs a success in between', () => {
  const limit = cut(100)
  for (let at = 2_000; at < 12_000; at += 1_000) limit.overloaded(at - 1, at, 70)
  assert.ok(limit.at(12_000) >= 70)
  limit.succeeded(12_000)
  limit.overloaded(12_001, 12_002, 70)
  assert.equal(limit.at(12_002), 49)
})

test('a success of a call from before the cut says nothing about the time after it', () => {
  const limit = cut(100)
  limit.succeeded(500)
  limit.overloaded(2_000, 2_001, 70)
  assert.ok(limit.at(2_001) >= 70)
})

test('four calls at a time are no overload, and never less is allowed', () => {
  const event = fc.record({ underWay: fc.nat(200), waitMs: fc.nat(3_000) })
  fc.assert(
    fc.property(fc.array(event), events => {
      const limit = new AdaptiveLimit()
      let now = 0
      for (const { underWay, waitMs } of events) {
        now += waitMs + 1
        limit.succeeded(now)
        limit.overloaded(now, now, underWay)
        if (limit.at(now) < 4) return false
      }
      return true
    }),
  )
})

test('first bytes that vary as prompts make them vary are no overload', () => {
  const limit = new AdaptiveLimit()
  const times = [200, 350, 400, 800, 1_500, 3_000, 500, 250, 6_000, 300]
  for (let count = 0; count < 2_000; count += 1) {
    const now = count * 100
    limit.streaming(now - (times[count % times.length] as number), now, 500)
  }
  assert.equal(limit.at(200_000), Infinity)
})

test('first bytes that come far later than they used to cut it, yet not below 64', () => {
  const limit = new AdaptiveLimit()
  let now = 0
  const stream = (firstByteMs: number, underWay: number) => {
    now += 100
    limit.streaming(now - firstByteMs, now, underWay)
  }
  for (let count = 0; count < 300; count += 1) stream(300, 100)
  let lowest = Infinity
  for (let count = 0; count < 20; count += 1) {
    stream(9_000, 500)
    lowest = Math.min(lowest, limit.at(now))
  }
  assert.ok(lowest < 400, String(lowest))
  for (let count = 0; count < 100; count += 1) stream(9_000, Math.min(500, limit.at(now)))
  assert.ok(limit.at(now) >= 64)
})
