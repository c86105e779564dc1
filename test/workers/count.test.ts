import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { workerCount } from '../../src/workers/count.ts'

test('one process unless it is said how many, or to take one for each core', () => {
  assert.deepEqual([undefined, '1', '12', 'auto'].map(workerCount), [1, 1, 12, availableParallelism()])
})
