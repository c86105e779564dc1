import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Heartbeat } from '../../src/workers/heartbeat.ts'

test('a worker is taken to hang once three signs of life in a row have not come', () => {
  const heartbeat = new Heartbeat()
  const beats = () => [1, 2, 3, 4].map(() => heartbeat.beat())
  assert.deepEqual(beats(), [true, true, true, false])
  heartbeat.heard()
  assert.deepEqual(beats(), [true, true, true, false])
})

test('one that answers late is not', () => {
  const heartbeat = new Heartbeat()
  for (let count = 0; count < 10; count += 1) {
    assert.ok(heartbeat.beat() && heartbeat.beat() && heartbeat.beat())
    heartbeat.heard()
  }
})
