import { type TestContext, test } from 'node:test'
import { stopClock } from '../callers/clock.ts'
import { CUT, silence, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, chunk, completion, messageStream, ROLE } from './frames.ts'
import { model, timesAsked, withModels } from './models.ts'
import { asked, askedMessage, attemptsOf, CHAT, MESSAGES } from './setup.ts'

const CRASH = whole({ error: { message: 'crashed', type: 'server_error' } }, { status: 500 })
const LIMITED = whole({ error: { message: 'slow down' } }, { status: 429, headers: { 'retry-after': '50' } })
const INVALID = whole({ error: { message: 'wrong', type: 'invalid_request_error' } }, { status: 400 })
const ANSWERS = whole(completion('answered'))

/** Breakers that open at the first failure and stay open. */
const FRAGILE = { breaker: { minimumCalls: 1, openFor: '1h' } }

const LADDER = { chat: model('a', { degradeTo: ['small'] }), small: model('b') }

for (const [path, body] of [
  [CHAT, asked()],
  [CHAT, asked({ stream: true })],
  [MESSAGES, askedMessage()],
  [MESSAGES, askedMessage({ stream: true })],
] as const) {
  const streams = 'stream' in body
  test(`C8: in an outage another model answers ${path} ${streams ? 'with a stream' : 'without a stream'}`, async (t: TestContext) => {
    const well = streams ? stream(chatStream('answered')) : ANSWERS
    const bench = await withModels(t, [CRASH, well], LADDER)
    const response = await bench.gateway.post(path, body)
    t.assert.equal(response.status, 200)
    t.assert.match(await response.text(), /answered/)
    t.assert.equal(response.headers.get('x-sluice-degraded'), 'small')
    t.assert.equal(response.headers.get('x-sluice-target'), 'b/m')
    t.assert.equal(response.headers.get('x-sluice-attempts'), '2')
    t.assert.equal((await bench.gateway.ended(1)).degraded, 'small')
    const metrics = await bench.gateway.metrics()
    t.assert.equal(metrics.get('sluice_degraded_total{model="chat",step="small"}'), 1)
  })
}

test('C8: another model of another dialect answers as well', async (t: TestContext) => {
  const bench = await withModels(t, [CRASH, stream(messageStream('answered'))], LADDER, {
    types: ['openai-compatible', 'anthropic'],
  })
  const text = await new Client(bench.gateway.url + CHAT, asked({ stream: true })).whole()
  t.assert.match(text, /"content":"answered"/)
})

test('C11: a model that cannot be asked costs no attempt, and is asked again once it is well', async (t: TestContext) => {
  const clock = stopClock(t)
  const bench = await withModels(t, [[LIMITED, ANSWERS], ANSWERS], LADDER)
  const said = async () => {
    const { headers } = await bench.gateway.post(CHAT, asked())
    return [headers.get('x-sluice-degraded'), headers.get('x-sluice-attempts')]
  }
  t.assert.deepEqual(await said(), ['small', '2'])
  t.assert.deepEqual(await said(), ['small', '1'])
  clock.pass(51_000)
  t.assert.deepEqual(await said(), [null, '1'])
})

test('C11: where the others cannot answer either, the client reads what the model it asked for had to say', async (t: TestContext) => {
  const bench = await withModels(t, [LIMITED, CRASH], LADDER)
  t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 429)
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.status, 503)
  t.assert.match(await response.text(), /No target of the model \\"chat\\"/)
  t.assert.match(String(response.headers.get('retry-after')), /^(49|50)$/)
  t.assert.equal(response.headers.get('x-sluice-degraded'), null)
})

test('the models below are asked in order, each followed by those below it', async (t: TestContext) => {
  const bench = await withModels(t, [CRASH, CRASH, CRASH, ANSWERS], {
    chat: model('a', { attempts: 10, degradeTo: ['small', 'tiny'] }),
    small: model('b', { degradeTo: ['smaller'] }),
    smaller: model('c'),
    tiny: model('d'),
  })
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.headers.get('x-sluice-degraded'), 'tiny')
  t.assert.deepEqual(timesAsked(bench), [1, 1, 1, 1])
})

test('F12: a model stands in for two that share the calls by weight', async (t: TestContext) => {
  const bench = await withModels(t, [CRASH, CRASH, ANSWERS], {
    chat: { ...model('ab', { degradeTo: ['small'] }), strategy: 'weighted' },
    small: model('c'),
  })
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.headers.get('x-sluice-target'), 'c/m')
  t.assert.deepEqual(timesAsked(bench), [1, 1, 1])
})

test('C5: the attempts of the model that was asked for count for all, and one is kept for the others', async (t: TestContext) => {
  const bench = await withModels(t, [CRASH, CRASH, CRASH, CRASH, ANSWERS], {
    chat: model('abc', { attempts: 3, degradeTo: ['small', 'tiny'] }),
    small: model('d', { attempts: 9 }),
    tiny: model('e'),
  })
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.status, 500)
  t.assert.equal(response.headers.get('x-sluice-attempts'), '3')
  t.assert.deepEqual(timesAsked(bench), [1, 1, 0, 1, 0])
})

test('C7: a target that has failed the request is not asked again as part of another model', async (t: TestContext) => {
  const bench = await withModels(t, [CRASH, ANSWERS], {
    chat: model('a', { degradeTo: ['same', 'small'] }),
    same: model('a'),
    small: model('ab'),
  })
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.headers.get('x-sluice-degraded'), 'small')
  t.assert.deepEqual(timesAsked(bench), [1, 1])
})

test('E16: a caller does not get a model that its key does not allow, in an outage neither', async (t: TestContext) => {
  const keys = [
    { name: 'one', key: 'key-of-caller-one', models: ['chat'] },
    { name: 'two', key: 'key-of-caller-two', models: ['chat', 'small'] },
  ]
  const bench = await withModels(t, [CRASH, ANSWERS], LADDER, { config: { keys } })
  const refused = await bench.gateway.post(CHAT, asked(), { 'x-api-key': 'key-of-caller-one' })
  t.assert.equal(refused.status, 500)
  t.assert.deepEqual(timesAsked(bench), [1, 0])
  const answered = await bench.gateway.post(CHAT, asked(), { 'x-api-key': 'key-of-caller-two' })
  t.assert.equal(answered.status, 200)
})

test("C1: a client's own mistake is told to it, by whichever model found it", async (t: TestContext) => {
  const models = { ...LADDER, chat: model('a', { degradeTo: ['small', 'tiny'] }), tiny: model('c') }
  const bench = await withModels(t, [[INVALID, CRASH], INVALID, ANSWERS], models)
  t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 400)
  t.assert.deepEqual(timesAsked(bench), [1, 0, 0])
  t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 400)
  t.assert.deepEqual(timesAsked(bench), [2, 1, 0])
})

test('C9: once content was sent no other model goes on with it', async (t: TestContext) => {
  const broken = stream([ROLE, chunk({ content: 'Hel' }), CUT])
  const bench = await withModels(t, [broken, stream(chatStream('answered'))], LADDER)
  const client = new Client(bench.gateway.url + CHAT, asked({ stream: true }))
  const text = await client.whole()
  t.assert.match(text, /Hel/)
  t.assert.match(text, /SLUICE_UPSTREAM/)
  t.assert.doesNotMatch(text, /answered/)
  t.assert.equal((await client.head()).headers['x-sluice-degraded'], undefined)
  t.assert.deepEqual(timesAsked(bench), [1, 0])
})

test('A5: for a client that has left no other model is asked', async (t: TestContext) => {
  const bench = await withModels(t, [silence(), ANSWERS], LADDER)
  const client = new Client(bench.gateway.url + CHAT, asked())
  const seen = await bench.upstream.request(0)
  client.leave()
  t.assert.equal(await seen.over, 'cut')
  t.assert.equal((await bench.gateway.ended(1)).status, 499)
  t.assert.deepEqual(timesAsked(bench), [1, 0])
})

test('C11: the last resort is asked although its breaker is open, and its answer does not close it', async (t: TestContext) => {
  const models = { chat: model('a', { lastResort: { provider: 'b', model: 'm' } }) }
  const bench = await withModels(t, [CRASH, [CRASH, ANSWERS]], models, { provider: FRAGILE })
  t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 500)
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.status, 200)
  t.assert.equal(response.headers.get('x-sluice-degraded'), 'last-resort')
  t.assert.equal(response.headers.get('x-sluice-target'), 'b/m')
  const metrics = await bench.gateway.metrics()
  t.assert.equal(metrics.get('sluice_breaker_state{provider="b",model="m",key="0"}'), 2)
})

test('a last resort that is asked by its own name is one of the config, and counts under that name', async (t: TestContext) => {
  const models = { chat: model('a', { lastResort: { provider: 'b', model: 'm' } }) }
  const bench = await withModels(t, [CRASH, ANSWERS], models)
  t.assert.equal((await bench.gateway.post(CHAT, asked({ model: 'b/m' }))).status, 200)
  await bench.gateway.ended(1)
  t.assert.equal(await attemptsOf(bench.gateway, 'b', 'ok'), 1)
})

test('C4: the last resort is left alone, too, while its vendor wishes for that', async (t: TestContext) => {
  const models = { chat: model('a', { lastResort: { provider: 'b', model: 'm' } }) }
  const bench = await withModels(t, [CRASH, LIMITED], models, { provider: FRAGILE })
  await bench.gateway.post(CHAT, asked())
  t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 503)
  t.assert.deepEqual(timesAsked(bench), [1, 1])
})

test('an answer that is less than was asked for is not kept in the cache', async (t: TestContext) => {
  for (const [well, body] of [
    [ANSWERS, asked()],
    [stream(chatStream('answered')), asked({ stream: true })],
  ] as const) {
    const models = { ...LADDER, chat: model('a', { degradeTo: ['small'], cache: { ttl: '1m' } }) }
    const bench = await withModels(t, [CRASH, well], models)
    for (const count of [1, 2]) {
      const response = await bench.gateway.post(CHAT, body)
      await response.text()
      t.assert.equal(response.headers.get('x-sluice-cache'), 'miss')
      t.assert.equal(bench.upstreams[1]?.requests.length, count)
    }
  }
})

test('under lasting pressure answers get cheaper, and return to what was asked for when it is over', async (t: TestContext) => {
  const clock = stopClock(t)
  const degrade = { steps: [{ name: 'short', maxTokens: 512 }], after: '10s', recoverAfter: '60s' }
  const bench = await withModels(t, [[LIMITED, ANSWERS], ANSWERS], { chat: model('ab', { degrade }) })
  const { gateway, upstreams } = bench
  const degraded = async (members: object = {}) =>
    (await gateway.post(CHAT, asked(members))).headers.get('x-sluice-degraded')
  const sent = () => JSON.parse(String(upstreams[1]?.requests.at(-1)?.body))

  t.assert.equal(await degraded(), null, 'the first request finds no pressure')
  t.assert.equal(await degraded(), null, 'the pressure is new')
  clock.pass(10_000)
  t.assert.equal(await degraded({ max_tokens: 2_000 }), 'short')
  t.assert.equal(sent().max_tokens, 512)
  t.assert.equal(await degraded({ max_tokens: 100 }), null, 'less is asked for anyway')
  t.assert.equal(sent().max_tokens, 100)

  // The vendor's 50 s are over: the other target answers again, yet not at once in full.
  clock.pass(41_000)
  t.assert.equal(await degraded(), 'short')
  clock.pass(59_000)
  t.assert.equal(await degraded(), 'short')
  clock.pass(1_000)
  t.assert.equal(await degraded(), null)
  const metrics = await gateway.metrics()
  t.assert.equal(metrics.get('sluice_degraded_total{model="chat",step="short"}'), 3)
})

test('a fault that only the affinity of a model that stands in finds does not hide the outage', async (t: TestContext) => {
  const tiny = model('c')
  const small = model('bc', { strategy: 'least-busy', affinity: { by: 'user' } })
  const twice = '{"model":"chat","messages":[{"role":"user","content":"Hello"}],"user":"one","user":"two"}'
  const alone = await withModels(t, [CRASH, ANSWERS, ANSWERS], { chat: model('a', { degradeTo: ['small'] }), small })
  t.assert.equal((await alone.gateway.post(CHAT, twice)).status, 500)
  t.assert.deepEqual(timesAsked(alone), [1, 0, 0])
  const chat = model('a', { degradeTo: ['small', 'tiny'] })
  const followed = await withModels(t, [CRASH, ANSWERS, ANSWERS], { chat, small, tiny })
  t.assert.equal((await followed.gateway.post(CHAT, twice)).headers.get('x-sluice-degraded'), 'tiny')
})

test('a step and a model that stands in are both named', async (t: TestContext) => {
  const clock = stopClock(t)
  const degrade = { steps: [{ name: 'short', maxTokens: 512 }], after: '0s' }
  const models = { chat: model('a', { degrade, degradeTo: ['small'] }), small: model('b') }
  const bench = await withModels(t, [LIMITED, ANSWERS], models)
  await bench.gateway.post(CHAT, asked())
  clock.pass(1)
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.headers.get('x-sluice-degraded'), 'short, small')
})
