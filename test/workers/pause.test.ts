import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseBefore } from '../../src/workers/pause.ts'

test('the first worker after a long life is started soon, each after a short life twice as late, up to half a minute', () => {
  assert.deepEqual([0, 1, 2, 3, 9, 10, 2000].map(pauseBefore), [100, 100, 200, 400, 25_600, 30_000, 30_000])
})
