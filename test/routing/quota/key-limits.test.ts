import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type KeyLimitSettings, KeyLimits } from '../../../src/routing/quota/key-limits.ts'

function setUp(settings: KeyLimitSettings, share = 1): { key: KeyLimits; elapse(ms: number): void } {
  let now = 0
  const key = new KeyLimits(() => now, share)
  key.set(settings)
  const elapse = (ms: number) => {
    now += ms
  }
  return { key, elapse }
}

/** How many calls pass at once. */
function burstOf(key: KeyLimits, cost = 0): number {
  let passed = 0
  while (passed < 1_000 && key.take(cost) === 0) passed += 1
  return passed
}

test('without settings nothing is limited', () => {
  const { key } = setUp({})
  assert.equal(burstOf(key), 1_000)
  assert.ok(key.ready())
})

test('by default no more go at once than a vendor that counts by the second takes', () => {
  assert.equal(burstOf(setUp({ requestsPerMinute: 600 }).key), 9)
  assert.equal(burstOf(setUp({ requestsPerMinute: 60 }).key), 1)
  assert.equal(burstOf(setUp({ requestsPerMinute: 6 }).key), 1)
  assert.equal(burstOf(setUp({ requestsPerMinute: 600, burst: 50 }).key), 50)
})

test('calls are let in at the rate, and the wait that is told is the time to the next', () => {
  const { key, elapse } = setUp({ requestsPerMinute: 60 })
  assert.equal(key.take(0), 0)
  assert.ok(!key.ready())
  assert.equal(key.take(0), 1_000)
  elapse(400)
  assert.equal(key.take(0), 600)
  elapse(600)
  assert.ok(key.ready())
  assert.equal(key.take(0), 0)
})

test('no time sees more requests or tokens than the bursts and what refilled in it', () => {
  const step = fc.record({ waitMs: fc.nat(3_000), tokens: fc.nat(500) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const { key, elapse } = setUp({ requestsPerMinute: 120, tokensPerMinute: 6_000 })
      let at = 0
      let requests = 0
      let tokens = 0
      for (const step of steps) {
        elapse(step.waitMs)
        at += step.waitMs
        const cost = key.costOf(step.tokens)
        if (key.take(cost) > 0) continue
        requests += 1
        tokens += cost
        if (requests > 1.8 + (at * 2) / 1_000 + 1e-3 || tokens > 1_000 + (at * 100) / 1_000 + 1e-2) return false
      }
      return true
    }),
  )
})

test('a call that finds no tokens takes no request either', () => {
  const { key } = setUp({ requestsPerMinute: 600, burst: 5, tokensPerMinute: 600 })
  assert.equal(burstOf(key, 50), 2)
  assert.equal(burstOf(key, 50), 0)
  key.settle(100, 0)
  assert.equal(burstOf(key), 3, 'of five requests two were taken')
})

test('what was estimated too high comes back, and what was too low is owed', () => {
  const { key, elapse } = setUp({ tokensPerMinute: 6_000 })
  assert.equal(key.take(500), 0)
  key.settle(500, 100)
  assert.equal(key.take(500), 0)
  key.settle(500, 2_400)
  assert.ok(!key.ready())
  elapse(15_000)
  assert.ok(!key.ready(), 'it owes 1500, which 15 s pay back')
  elapse(20)
  assert.ok(key.ready())
})

test('a call larger than the bucket is let in when half of it is there', () => {
  const { key } = setUp({ tokensPerMinute: 6_000 })
  assert.equal(key.take(key.costOf(900_000)), 0)
  assert.equal(key.take(key.costOf(900_000)), 0)
  assert.equal(key.take(key.costOf(900_000)), 5_000)
})

test('new settings hold at once, and what was used stays used', () => {
  const { key } = setUp({ requestsPerMinute: 60 })
  key.take(0)
  key.set({ requestsPerMinute: 600 })
  assert.equal(burstOf(key), 0)
  key.set({})
  assert.ok(key.ready())
})

test('several processes let in no more tokens than one, but for a call each', () => {
  const usedBy = (count: number) => {
    const processes = Array.from({ length: count }, () => setUp({ tokensPerMinute: 30_000 }, 1 / count))
    let used = 0
    for (let second = 0; second < 600; second += 1) {
      for (const { key, elapse } of processes) {
        const cost = key.costOf(5_000)
        if (key.take(cost) === 0) {
          key.settle(cost, 5_000)
          used += 5_000
        }
        elapse(1_000)
      }
    }
    return used
  }
  for (const count of [1, 2, 8]) assert.ok(usedBy(count) <= 300_000 + count * 5_000, `${count}: ${usedBy(count)}`)
})

test('what a call is taken to cost before it has ended does not shrink with the share', () => {
  const { key } = setUp({ tokensPerMinute: 30_000 }, 1 / 8)
  assert.equal(key.costOf(5_000), 2_500)
  assert.equal(burstOf(key, 2_500), 1)
  assert.equal(key.take(2_500), 40_000)
})

test('a share of less than a token lets one pass when it is there', () => {
  const { key, elapse } = setUp({ tokensPerMinute: 6 }, 1 / 8)
  assert.ok(key.ready())
  assert.equal(key.take(key.costOf(10)), 0)
  assert.ok(!key.ready())
  elapse(80_000)
  assert.ok(key.ready())
})
