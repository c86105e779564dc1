import { test } from 'node:test'
import { backoffMs } from '../../../src/routing/retry/backoff.ts'

/** As near to the longest wait as a random number comes. */
const MOST = 1 - Number.EPSILON

test('C5: the longest wait doubles with each failure, and ends at two seconds', t => {
  const longest = [1, 2, 3, 4, 5, 6, 50].map(failures => Math.round(backoffMs(failures, MOST)))
  t.assert.deepEqual(longest, [100, 200, 400, 800, 1_600, 2_000, 2_000])
})

test('C5: with full jitter a wait is anything from nothing to the longest', t => {
  t.assert.deepEqual(
    [0, 0.25, 0.5].map(random => backoffMs(3, random)),
    [0, 100, 200],
  )
})
