import { test } from 'node:test'
import { retryAfterHeaders, roughly, wholeSeconds } from '../src/retry-after.ts'

test('a wait is told in whole seconds, rounded up, and in milliseconds', t => {
  t.assert.deepEqual(
    [0, 0.2, 50, 1000, 1000.5, 27_500].map(ms => retryAfterHeaders(ms)),
    [
      { 'retry-after': '1', 'retry-after-ms': '1' },
      { 'retry-after': '1', 'retry-after-ms': '1' },
      { 'retry-after': '1', 'retry-after-ms': '50' },
      { 'retry-after': '1', 'retry-after-ms': '1000' },
      { 'retry-after': '2', 'retry-after-ms': '1001' },
      { 'retry-after': '28', 'retry-after-ms': '27500' },
    ],
  )
  t.assert.equal(wholeSeconds(1001), 2)
})

test('a wait that is a guess is told in whole seconds only', t => {
  t.assert.deepEqual([0, 20, 1000, 1001].map(roughly), [1000, 1000, 1000, 2000])
})
