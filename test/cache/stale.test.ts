import { type TestContext, test } from 'node:test'
import { stopClock } from '../callers/clock.ts'
import { Client } from '../journey/client.ts'
import { chatStream, completion } from '../journey/frames.ts'
import { asked, CHAT, setUp } from '../journey/setup.ts'
import { reset, type Script, stream, whole } from '../upstream.ts'

const NO = { error: { message: 'no' } }
const OUTAGES: readonly (readonly [string, Script])[] = [
  ['fails', whole(NO, { status: 500 })],
  ['is overloaded', whole(NO, { status: 503 })],
  ['limits us', whole(NO, { status: 429, headers: { 'retry-after': '0' } })],
  ['cannot be reached', reset()],
  ['refuses our key', whole(NO, { status: 401 })],
]

/** A gateway that has kept an answer whose time has passed. */
async function expired(t: TestContext, body: object, model: object = {}) {
  const clock = stopClock(t)
  const first = 'stream' in body ? stream(chatStream('old')) : whole(completion('old'))
  const bench = await setUp(t, [first], {
    model: { cache: { ttl: '10s', staleIfError: '1m' }, ...model },
    provider: { breaker: { minimumCalls: 1_000 } },
  })
  const kept = await (await bench.gateway.post(CHAT, body)).text()
  clock.pass(10_000)
  return { bench, clock, kept }
}

for (const [name, outage] of OUTAGES) {
  test(`F12: when the vendor ${name}, the expired answer is given, and says so`, async (t: TestContext) => {
    const { bench, kept } = await expired(t, asked())
    bench.upstream.use(outage)
    const answer = await bench.gateway.post(CHAT, asked())
    t.assert.deepEqual([answer.status, answer.headers.get('x-sluice-cache')], [200, 'stale'])
    t.assert.equal(answer.headers.get('x-sluice-degraded'), 'stale')
    t.assert.equal(await answer.text(), kept)
    const line = await bench.gateway.ended(2)
    t.assert.deepEqual([line.cache, line.degraded, line.attempts], ['stale', 'stale', 1])
    const metrics = await bench.gateway.metrics()
    t.assert.equal(metrics.get('sluice_cache_total{result="stale"}'), 1)
    t.assert.equal(metrics.get('sluice_degraded_total{model="chat",step="stale"}'), 1)
  })
}

test('an expired stream is given as a stream, to all who asked for it at once', async (t: TestContext) => {
  const body = asked({ stream: true })
  const { bench, kept } = await expired(t, body)
  const { promise, resolve } = Promise.withResolvers<void>()
  bench.upstream.use(async (request, response) => {
    await promise
    return whole(NO, { status: 500 })(request, response)
  })
  const clients = Array.from({ length: 5 }, () => new Client(bench.gateway.url + CHAT, body))
  await bench.upstream.request(1)
  while ((await bench.gateway.metrics()).get('sluice_inflight') !== 5) await new Promise(turn => setImmediate(turn))
  resolve()
  for (const client of clients) {
    const { headers } = await client.head()
    t.assert.deepEqual(
      [headers['x-sluice-cache'], headers['content-type']],
      ['stale', 'text/event-stream; charset=utf-8'],
    )
    t.assert.equal(await client.whole(), kept)
  }
  t.assert.equal(bench.upstream.requests.length, 2)
})

test("the request's own fault is told and not papered over", async (t: TestContext) => {
  const { bench } = await expired(t, asked())
  bench.upstream.use(whole(NO, { status: 422 }))
  const answer = await bench.gateway.post(CHAT, asked())
  t.assert.equal(answer.status, 422)
  t.assert.equal(answer.headers.get('x-sluice-cache'), 'miss')
})

test('an answer is not given beyond its staleness, and a fresh one takes its place', async (t: TestContext) => {
  const { bench, clock } = await expired(t, asked())
  bench.upstream.use(whole(completion('new')))
  t.assert.match(await (await bench.gateway.post(CHAT, asked())).text(), /new/)
  clock.pass(70_000)
  bench.upstream.use(whole(NO, { status: 500 }))
  t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 500)
})

test('an expired answer is better than canned words, and those are better than none', async (t: TestContext) => {
  const { bench, kept } = await expired(t, asked(), { canned: 'We are busy.' })
  bench.upstream.use(whole(NO, { status: 500 }))
  const answer = await bench.gateway.post(CHAT, asked())
  t.assert.deepEqual([await answer.text(), answer.headers.get('x-sluice-degraded')], [kept, 'stale'])
  const other = await bench.gateway.post(CHAT, asked({ temperature: 0.5 }))
  t.assert.deepEqual([other.status, other.headers.get('x-sluice-degraded')], [200, 'canned'])
})

test('a step gives expired answers without asking anybody while the pressure lasts, and new ones when it is over', async (t: TestContext) => {
  const degrade = { steps: [{ name: 'older', stale: true }], after: '2s', recoverAfter: '5s' }
  const { bench, clock, kept } = await expired(t, asked(), { degrade })
  const { gateway, upstream } = bench
  const said = async (members: object = {}) => {
    const { headers } = await gateway.post(CHAT, asked(members))
    return [headers.get('x-sluice-cache'), headers.get('x-sluice-degraded')]
  }
  const limited = whole(NO, { status: 429, headers: { 'retry-after': '20' } })
  upstream.use([limited, whole(completion('new'))])
  t.assert.deepEqual(await said({ temperature: 0.5 }), ['miss', null], 'the vendor wishes for 20 s of rest')
  t.assert.deepEqual(await said(), ['stale', 'stale'], 'nobody can be asked')
  clock.pass(2_000)
  const answer = await gateway.post(CHAT, asked())
  t.assert.deepEqual([await answer.text(), answer.headers.get('x-sluice-degraded')], [kept, 'older'])

  clock.pass(18_000)
  t.assert.deepEqual(await said(), ['stale', 'older'], 'the relief is new')
  t.assert.equal(upstream.requests.length, 2)
  clock.pass(5_000)
  t.assert.deepEqual(await said(), ['miss', null])
  t.assert.deepEqual(await said(), ['hit', null])
})
