import { test } from 'node:test'
import { Ejection } from '../../../src/routing/breaker/ejection.ts'

const SETTINGS = { openFor: 15_000, maxOpenFor: 100_000 }
const WITHOUT_JITTER = () => 0

test('each opening is twice as long as the one before, up to the most', t => {
  const ejection = new Ejection(WITHOUT_JITTER)
  const times = Array.from({ length: 6 }, () => ejection.begin(0, SETTINGS))
  t.assert.deepEqual(times, [15_000, 30_000, 60_000, 100_000, 100_000, 100_000])
})

test('a recovery that does not last forgives nothing', t => {
  const ejection = new Ejection(WITHOUT_JITTER)
  ejection.begin(0, SETTINGS)
  ejection.recovered(20_000)
  t.assert.equal(ejection.begin(34_999, SETTINGS), 30_000)
})

test('each stretch of health as long as the last opening halves the next one', t => {
  const opened = (healthyMs: number): number => {
    const ejection = new Ejection(WITHOUT_JITTER)
    for (let count = 0; count < 3; count += 1) ejection.begin(0, SETTINGS)
    ejection.recovered(0)
    return ejection.begin(healthyMs, SETTINGS)
  }
  t.assert.deepEqual(
    [0, 59_999, 60_000, 120_000, 180_000, 1e9].map(opened),
    [100_000, 100_000, 60_000, 30_000, 15_000, 15_000],
  )
})

test('a vendor that fails again a minute after each recovery is left alone for about a minute', t => {
  const ejection = new Ejection(WITHOUT_JITTER)
  let now = 0
  const times = Array.from({ length: 20 }, () => {
    const ms = ejection.begin(now, { openFor: 1_000, maxOpenFor: 3_600_000 })
    ejection.recovered(now + ms)
    now += ms + 60_000
    return ms
  })
  t.assert.equal(Math.max(...times) <= 120_000, true, String(times))
})

test('up to a fifth is taken off at random, so that gateways do not probe in step', t => {
  const times = [0, 0.5, 1].map(random => new Ejection(() => random).begin(0, SETTINGS))
  t.assert.deepEqual(times, [15_000, 13_500, 12_000])
})

test('jitter does not add up from one opening to the next', t => {
  const ejection = new Ejection(() => 1)
  t.assert.deepEqual([ejection.begin(0, SETTINGS), ejection.begin(0, SETTINGS)], [12_000, 24_000])
})

test('openFor holds where it is longer than maxOpenFor', t => {
  t.assert.equal(new Ejection(WITHOUT_JITTER).begin(0, { openFor: 600_000, maxOpenFor: 300_000 }), 600_000)
})
