import { type TestContext, test } from 'node:test'
import { Registry } from '@prometheus-io/client'
import { createMeters } from '../../src/meter/metrics.ts'
import { CallRecord } from '../../src/meter/record.ts'
import { Settlement } from '../../src/meter/settle.ts'

/** A request that waited in the queue of `chat` and was answered by a/m. */
function recordOf(): CallRecord {
  const record = new CallRecord('1', '/v1/chat/completions', 0)
  record.queue = { model: 'chat', waitedMs: 10, outcome: 'served' }
  record.attempts.push({ target: 'a/m', provider: 'a', model: 'm', key: 0, startedAt: 0, firstByteAt: 1, endedAt: 2 })
  record.answeredBy = record.attempts[0]
  return record
}

test('series that were dropped are counted from 0 when there is something to count, and others go on', async (t: TestContext) => {
  const registry = new Registry()
  const settlement = new Settlement(createMeters(registry))
  settlement.settle(recordOf(), 200, 3)
  settlement.retain(({ provider, model, gen_ai_provider_name: vendor }) => (provider ?? model ?? vendor) === undefined)
  const dropped = await registry.metrics()
  t.assert.doesNotMatch(dropped, /="(?:a|m|chat)"/)
  settlement.settle(recordOf(), 200, 3)
  const counted = await registry.metrics()
  t.assert.match(counted, /^sluice_upstream_requests_total\{provider="a",model="m",outcome="ok"\} 1$/m)
  t.assert.match(counted, /^gen_ai_server_request_duration_seconds_count\{.*="a",.*="m"\} 1$/m)
  t.assert.match(counted, /^sluice_queue_wait_seconds_count\{model="chat",outcome="served"\} 1$/m)
  t.assert.match(counted, /^api_requests_total\{endpoint="\/v1\/chat\/completions",status="200"\} 2$/m)
  t.assert.match(counted, /^sluice_attempts_total 2$/m)
})
