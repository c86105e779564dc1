import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Conditions } from '../../src/sim/conditions.ts'
import type { SimulatorOptions } from '../../src/sim/options.ts'

suite('weather of the simulator', () => {
  let time = 0
  const now = (): number => time

  function conditionsAt(at: number, options: SimulatorOptions): Conditions {
    time = 0
    const conditions = new Conditions({ now, ...options })
    time = at
    return conditions
  }

  function share(count: number, of: () => boolean): number {
    return Array.from({ length: count }, of).filter(Boolean).length / count
  }

  test('in a brown-out its share of calls fails, and before and after it the usual one', () => {
    const options = { errorRate: 0.5, brownOuts: [{ after: 100, for: 50, errorRate: 0.2 }] }
    for (const [at, expected] of [
      [99, 0.5],
      [100, 0.2],
      [149, 0.2],
      [150, 0.5],
    ] as const) {
      const conditions = conditionsAt(at, options)
      const failed = share(4000, () => conditions.fails())
      assert.ok(Math.abs(failed - expected) < 0.03, `${failed} at ${at}`)
    }
  })

  test('streams that begin in a drip trickle, and it comes back where it repeats', () => {
    const options = { tokensPerSecond: 50, drips: [{ after: 100, for: 50, every: 1000, tokensPerSecond: 2 }] }
    const intervals = [99, 100, 150, 1120].map(at => conditionsAt(at, options).interval())
    assert.deepEqual(intervals, [20, 500, 20, 500])
  })

  test('without a tail no delay is longer than latency and jitter; with one, as many as a Pareto distribution says', () => {
    const usual = conditionsAt(0, { latency: 300, jitter: 200 })
    assert.equal(
      share(2000, () => usual.delay() > 500),
      0,
    )
    const heavy = conditionsAt(0, { latency: 400, tail: { share: 0.5, shape: 1.5 } })
    const factors = Array.from({ length: 20_000 }, () => heavy.delay() / 400)
    for (const factor of [2, 4, 16]) {
      const beyond = factors.filter(value => value > factor).length / factors.length
      const expected = 0.5 * factor ** -1.5
      assert.ok(Math.abs(beyond - expected) < 0.2 * expected, `${beyond} take more than ${factor} times as long`)
    }
  })

  test('the same seed gives the same delays', () => {
    const delays = (seed: number): number[] => {
      const conditions = conditionsAt(0, { latency: 300, jitter: 200, tail: { share: 0.3, shape: 2 }, seed })
      return Array.from({ length: 50 }, () => conditions.delay())
    }
    assert.deepEqual(delays(3), delays(3))
    assert.notDeepEqual(delays(3), delays(4))
  })

  test('a limit lets its burst through at once, and refills no further', () => {
    const conditions = conditionsAt(0, { requestsPerSecond: 100, burst: 3 })
    const passed = (): number => share(10, () => conditions.secondsToWait() === 0) * 10
    assert.equal(passed(), 3)
    time = 20
    assert.equal(passed(), 2)
    time = 10_000
    assert.equal(passed(), 3)
  })

  test('spans count from the reading of the clock that is named, not from the start of the process', () => {
    time = -5000
    const conditions = new Conditions({ now, startsAt: 0, outages: [{ after: 100, for: 50 }] })
    const outages = [-4900, 99, 100, 150].map(at => {
      time = at
      return conditions.outage()
    })
    assert.deepEqual(outages, [undefined, undefined, 'refuse', undefined])
  })
})
