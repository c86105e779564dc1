import { type TestContext, test } from 'node:test'
import { setUp } from '../journey/setup.ts'

test('metrics say how late the event loop is, and how busy it was since the last scrape', async (t: TestContext) => {
  const { gateway } = await setUp(t, [], { config: { providers: { sim: { type: 'sim' } } } })
  // How busy it is while a machine pauses is not for us to say: what is shown is judged by what Node said of the same moments.
  const said = t.mock.method(performance, 'eventLoopUtilization')
  const now = () => said.mock.calls.findLast(({ arguments: moments }) => moments.length === 0)?.result
  await gateway.metrics()
  const before = now()
  const shown = await gateway.metrics()
  const since = performance.eventLoopUtilization(now(), before).utilization
  t.assert.ok(since > 0 && since <= 1)
  t.assert.equal(shown.get('sluice_event_loop_utilization'), since)
  t.assert.ok((shown.get('nodejs_eventloop_lag_p99_seconds') ?? 0) > 0)
})
