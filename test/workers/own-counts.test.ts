import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownRegistry } from '../../src/workers/own-counts.ts'

test('a primary without any worker shows that there is none', async () => {
  const registry = ownRegistry({ reloads: () => ({ applied: 0, refused: 0, unchanged: 0 }), restarts: () => 3 })
  const text = await registry.metrics()
  assert.match(text, /^sluice_workers 0$/m)
  assert.match(text, /^sluice_worker_restarts_total 3$/m)
})
