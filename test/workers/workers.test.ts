import assert from 'node:assert/strict'
import cluster from 'node:cluster'
import { test } from 'node:test'
import type { Config } from '../../src/config/config.ts'
import { Workers } from '../../src/workers/workers.ts'

test('workers that were told to end before their start are not started', async () => {
  // Should one be started all the same, it is not this test.
  cluster.setupPrimary({ exec: '-e', args: [''] })
  const config = { listen: { drain: 0 } } as Config
  const workers = new Workers({ count: 2, config, onEnd() {}, onRestart() {}, onLost() {} })
  await workers.stop()
  await assert.rejects(workers.start(), /told to end before their start/)
  assert.deepEqual(Object.keys(cluster.workers ?? {}), [])
})
