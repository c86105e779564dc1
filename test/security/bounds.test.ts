import { type TestContext, test } from 'node:test'
import type { Scrape } from '../helper.ts'
import { completion } from '../journey/frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'
import { sendRaw } from './raw.ts'

function seriesOf(metrics: Scrape): number {
  return [...metrics.keys()].filter(name => !/^(?:nodejs|process)_/.test(name)).length
}

/** As many models as a client cares to make up, a hundred at a time. */
async function askForMany(count: number, ask: (index: number) => Promise<Response>): Promise<void> {
  for (let from = 0; from < count; from += 100) {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => ask(from + index)))
    await Promise.all(answers.map(answer => answer.text()))
  }
}

test('E22: models that clients make up leave no series of their own, and labels come from the config', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole({ error: { message: 'no' } }, { status: 500 })], {
    provider: { breaker: { minimumCalls: 1, errorRate: 0.01, openFor: '1h' } },
  })
  await askForMany(100, index => gateway.post(CHAT, asked({ model: `a/canary-${index}` })))
  const before = seriesOf(await gateway.metrics())
  await askForMany(300, index =>
    gateway.post(CHAT, asked({ model: `a/canary-more-${index}`, user: `canary-user-${index}` })),
  )
  const metrics = await gateway.metrics()
  t.assert.equal(seriesOf(metrics), before)
  t.assert.ok(![...metrics.keys()].some(name => name.includes('canary')))
  t.assert.equal(metrics.get('sluice_upstream_requests_total{provider="a",model="other",outcome="upstream"}'), 400)
  t.assert.equal([...metrics.keys()].filter(name => name.startsWith('sluice_breaker_state')).length, 1)
})

test('E22: 2,000 made-up models leave a bounded number of breakers, of which the configured one is never dropped', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())])
  const { breakers, live } = gateway.app.api
  const configured = live.snapshot.planner.route('chat', () => true).targets[0]?.candidates[0]?.gate.breaker
  for (let index = 0; index < 2_000; index++) live.snapshot.planner.route(`a/made-up-${index}`, () => true)
  t.assert.ok(breakers.size <= 1_001, `${breakers.size} breakers`)
  t.assert.equal(live.snapshot.planner.route('a/m', () => true).targets[0]?.candidates[0]?.gate.breaker, configured)
})

test('E22: unknown models, paths, methods and keys make no series of their own', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())], { config: { listen: { trustedProxies: ['loopback'] } } })
  const send = async (index: number) => {
    await gateway.post(MESSAGES, asked({ model: `canary-${index}` }))
    await fetch(`${gateway.url}/canary/${index}?canary=${index}`)
    return fetch(`${gateway.url}/v1/models/canary-${index}`, {
      headers: { 'x-api-key': `canary-${index}`, 'user-agent': `canary-${index}` },
    })
  }
  await askForMany(100, send)
  const before = seriesOf(await gateway.metrics())
  await askForMany(200, index => send(index + 100))
  const metrics = await gateway.metrics()
  t.assert.equal(seriesOf(metrics), before)
  t.assert.ok(![...metrics.keys()].some(name => name.includes('canary')))
})

test('E22: a model name that is too long for a header is refused, kept nowhere, and cut in the log', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())])
  const long = 'x'.repeat(5_000_000)
  const direct = await gateway.post(CHAT, asked({ model: `a/${long}` }))
  t.assert.equal(direct.status, 400)
  const unknown = await gateway.post(CHAT, asked({ model: long }))
  t.assert.equal(unknown.status, 404)
  t.assert.ok((await unknown.text()).length < 1_000)
  await gateway.ended(2)
  for (const line of gateway.requests) t.assert.ok(JSON.stringify(line).length < 1_000)
  t.assert.equal(upstream.requests.length, 0)
})

test('E22: members with long names that are lost do not make an answer that no client can read', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())])
  const names = Array.from({ length: 100 }, (_, index) => [`${index}-${'k'.repeat(20_000)}`, 1])
  const response = await gateway.post(MESSAGES, askedMessage(Object.fromEntries(names)))
  t.assert.equal(response.status, 200)
  t.assert.ok((response.headers.get('x-sluice-losses') ?? '').length < 4_096)
})

test('E22: JSON that is nested without end is a 400, in both dialects', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())])
  for (const path of [CHAT, MESSAGES]) {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const deep = `${open.repeat(100_000)}1${close.repeat(100_000)}`
      const response = await gateway.post(path, `{"model":"chat","messages":${deep}}`)
      t.assert.equal(response.status, 400)
      t.assert.ok((await response.text()).length < 1_000)
    }
  }
  t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  t.assert.equal(upstream.requests.length, 1)
})

test('E22: headers are bounded in number and size', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())])
  const many = Array.from({ length: 3_000 }, (_, index) => `x-${index}: 1`)
  t.assert.equal((await sendRaw(gateway.url, ['GET /v1/models HTTP/1.1', 'host: localhost', ...many])).status, 431)
  t.assert.equal((await sendRaw(gateway.url, [`GET /${'x'.repeat(100_000)} HTTP/1.1`, 'host: localhost'])).status, 431)
  t.assert.equal((await sendRaw(gateway.url, ['GET /v1/models HTTP/1.1', 'host: localhost'])).status, 200)
})

test('E22: neither listener waits for ever for the rest of a request', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())])
  for (const { server } of [gateway.app.api, gateway.app.ops]) {
    t.assert.ok(server.headersTimeout > 0 && server.headersTimeout <= 60_000)
    t.assert.ok(server.requestTimeout > 0 && server.requestTimeout <= 300_000)
  }
})
