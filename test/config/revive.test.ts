import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deserialize, serialize } from 'node:v8'
import { reviveConfig } from '../../src/config/assemble.ts'
import type { Config } from '../../src/config/config.ts'
import { load } from './helper.ts'

const TEXT = `
listen: { bodyLimit: 32MiB, trustedProxies: [loopback] }
providers:
  sim: {}
  own: { type: openai-compatible, baseUrl: "http://127.0.0.1:1/v1", limits: { concurrency: 3 } }
models:
  chat: { targets: [ { provider: sim, model: echo } ], retrySameTarget: true, hedge: { after: p95 }, cache: { ttl: 10m } }
modelFacts: { own: { maxOutput: 1000 } }
keys: [ { name: caller, key: key-of-the-caller, limits: { requestsPerMinute: 60 }, expires: 2999-01-01 } ]
`

test('a config that was sent from one process to another is the same, frozen and without prototypes', () => {
  const config = load(TEXT)
  const revived = reviveConfig(deserialize(serialize(config)) as Config)
  // It compares prototypes, too.
  assert.deepEqual(revived, config)
  for (const section of [revived.providers, revived.models, revived.modelFacts]) {
    assert.equal((section as Record<string, unknown>).constructor, undefined)
    assert.ok(Object.isFrozen(section))
  }
  assert.ok(Object.isFrozen(revived.keys[0]))
})
