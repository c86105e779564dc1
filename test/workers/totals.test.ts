import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from '@prometheus-io/client'
import { createMeters, type Meters } from '../../src/meter/metrics.ts'
import { type Families, Totals } from '../../src/workers/totals.ts'

/** What a worker with these measurements sends. */
async function worker(measure: (meters: Meters) => void): Promise<Families> {
  const registry = new Registry()
  measure(createMeters(registry))
  return JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())) as Families
}

async function linesOf(totals: Totals): Promise<string[]> {
  return (await totals.text([])).split('\n')
}

const TARGET = { provider: 'a', model: 'm', key: '0' }

test('counts and histograms are added up, label by label', async () => {
  const totals = new Totals()
  totals.note(
    1,
    await worker(({ requests, latency }) => {
      requests.inc({ endpoint: '/one', status: 200 }, 2)
      latency.labels({ endpoint: '/one' }).observe(0.01)
    }),
  )
  totals.note(
    2,
    await worker(({ requests, latency }) => {
      requests.inc({ endpoint: '/one', status: 200 }, 3)
      requests.inc({ endpoint: '/two', status: 429 }, 1)
      latency.labels({ endpoint: '/one' }).observe(0.2)
    }),
  )
  const lines = await linesOf(totals)
  for (const line of [
    'api_requests_total{endpoint="/one",status="200"} 5',
    'api_requests_total{endpoint="/two",status="429"} 1',
    'api_latency_seconds_bucket{le="0.025",endpoint="/one"} 1',
    'api_latency_seconds_bucket{le="+Inf",endpoint="/one"} 2',
    'api_latency_seconds_sum{endpoint="/one"} 0.21000000000000002',
    'api_latency_seconds_count{endpoint="/one"} 2',
  ]) {
    assert.ok(lines.includes(line), line)
  }
})

test('of states the one to worry about is shown, of amounts the sum', async () => {
  const totals = new Totals()
  totals.note(
    1,
    await worker(meters => {
      meters.breakerState.set(TARGET, 2)
      meters.targetHealth.set({ provider: 'a', model: 'm' }, 1)
      meters.quotaRemaining.set({ ...TARGET, limit: 'requests' }, 7)
      meters.eventLoopUtilization.set({}, 0.9)
      meters.limitsShared.set({}, 1)
      meters.inflight.set({}, 4)
      meters.concurrencyLimit.set(TARGET, 3)
    }),
  )
  totals.note(
    2,
    await worker(meters => {
      meters.breakerState.set(TARGET, 0)
      meters.targetHealth.set({ provider: 'a', model: 'm' }, 0)
      meters.quotaRemaining.set({ ...TARGET, limit: 'requests' }, 5)
      meters.eventLoopUtilization.set({}, 0.1)
      meters.limitsShared.set({}, 0)
      meters.inflight.set({}, 5)
      meters.concurrencyLimit.set(TARGET, 3)
    }),
  )
  const lines = await linesOf(totals)
  for (const line of [
    'sluice_breaker_state{provider="a",model="m",key="0"} 2',
    'sluice_target_health{provider="a",model="m"} 0',
    'sluice_target_quota_remaining{provider="a",model="m",key="0",limit="requests"} 5',
    'sluice_event_loop_utilization 0.9',
    'sluice_limits_shared 0',
    'sluice_inflight 9',
    'sluice_target_concurrency_limit{provider="a",model="m",key="0"} 6',
  ]) {
    assert.ok(lines.includes(line), line)
  }
})

test('what a worker counted stays in the sums when it is gone, what it measured does not', async () => {
  const totals = new Totals()
  const measured = await worker(({ requests, latency, inflight }) => {
    requests.inc({ endpoint: '/one', status: 200 }, 2)
    latency.labels({ endpoint: '/one' }).observe(0.01)
    inflight.set({}, 4)
  })
  for (const pid of [1, 2, 3]) totals.note(pid, measured)
  totals.depart(1)
  totals.depart(2)
  // It never told anything.
  totals.depart(4)
  const lines = await linesOf(totals)
  assert.ok(lines.includes('api_requests_total{endpoint="/one",status="200"} 6'))
  assert.ok(lines.includes('api_latency_seconds_bucket{le="0.025",endpoint="/one"} 3'))
  assert.ok(lines.includes('sluice_inflight 4'))
})
