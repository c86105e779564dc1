import { type TestContext, test } from 'node:test'
import { setUp } from '../journey/setup.ts'

test('metrics say how late the event loop is, and how busy it was since the last scrape', async (t: TestContext) => {
  const { gateway } = await setUp(t, [], { config: { providers: { sim: { type: 'sim' } } } })
  await gateway.metrics()
  const busyUntil = performance.now() + 300
  while (performance.now() < busyUntil) await new Promise(setImmediate)
  const busy = await gateway.metrics()
  t.assert.ok((busy.get('sluice_event_loop_utilization') ?? 0) > 0.5)
  t.assert.ok((busy.get('sluice_event_loop_utilization') ?? 2) <= 1)
  t.assert.ok((busy.get('nodejs_eventloop_lag_p99_seconds') ?? 0) > 0)
})
