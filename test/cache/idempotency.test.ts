import { type TestContext, test } from 'node:test'
import OpenAI from 'openai'
import { MemoryCache } from '../../src/cache/memory-cache.ts'
import { stopClock } from '../callers/clock.ts'
import type { Gateway } from '../helper.ts'
import { Client } from '../journey/client.ts'
import { chatStream, chatStreamWithUsage, completion } from '../journey/frames.ts'
import { asked, askedMessage, attemptsOf, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { CUT, type Script, silence, stream, whole } from '../upstream.ts'

const KEY = { 'idempotency-key': 'call-1' }
const STREAM = asked({ stream: true })
const NO = { error: { message: 'no' } }

/** A stream that stops after its first word until the test lets it go on. */
function halfway(): { script: Script; go(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const events = chatStreamWithUsage('Hel', 'lo')
  return { script: stream([...events.slice(0, 2), promise, ...events.slice(2)]), go: resolve }
}

/** Until the gateway has noticed that all its clients have left. */
async function nobodyWaits({ metrics }: Gateway): Promise<void> {
  while ((await metrics()).get('sluice_inflight') !== 0) await new Promise(resolve => setImmediate(resolve))
}

for (const [name, path, body, script] of [
  ['a whole answer', CHAT, asked(), whole(completion('Hello'))],
  ['a stream', CHAT, STREAM, stream(chatStream('Hel', 'lo'))],
  ['a translated stream', MESSAGES, askedMessage({ stream: true }), stream(chatStream('Hel', 'lo'))],
] as const) {
  test(`D11: ${name}: a retry is answered with the outcome of the first call, byte for byte`, async (t: TestContext) => {
    const { gateway, upstream } = await setUp(t, [script])
    const first = await gateway.post(path, body, KEY)
    const text = await first.text()
    t.assert.equal(first.headers.get('x-sluice-idempotent'), null)
    t.assert.equal(first.headers.get('x-sluice-cache'), null)
    const second = await gateway.post(path, body, KEY)
    t.assert.equal(second.headers.get('x-sluice-idempotent'), 'replayed')
    t.assert.equal(second.headers.get('x-sluice-attempts'), '0')
    t.assert.equal(second.headers.get('content-type'), first.headers.get('content-type'))
    t.assert.equal(await second.text(), text)
    t.assert.equal(upstream.requests.length, 1)
    const line = await gateway.ended(2)
    t.assert.deepEqual([line.status, line.replayed, line.inputTokens], [200, true, undefined])
    t.assert.equal((await gateway.metrics()).get('sluice_idempotent_replays_total'), 1)
  })
}

for (const [name, members, status, replayed] of [
  ['is answered with its outcome', {}, 200, 'replayed'],
  ['and asks something else is refused', { user: 'other' }, 400, null],
] as const) {
  test(`D11: a retry that looks for an answer while the first call begins and ends ${name}`, async (t: TestContext) => {
    // The cache does not keep it, so that only the key leads to it.
    const choices = [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'content_filter' }]
    const { gateway, upstream } = await setUp(t, [whole(completion('', { choices }))], {
      model: { cache: { ttl: '1m' } },
    })
    const { get } = MemoryCache.prototype
    const looksForCache = Promise.withResolvers<void>()
    const firstIsOver = Promise.withResolvers<void>()
    let looks = 0
    t.mock.method(MemoryCache.prototype, 'get', function (this: MemoryCache, key: string) {
      looks += 1
      if (looks !== 2) return get.call(this, key)
      looksForCache.resolve()
      return firstIsOver.promise.then(() => get.call(this, key))
    })
    const retry = gateway.post(CHAT, asked(members), KEY)
    await looksForCache.promise
    const first = await (await gateway.post(CHAT, asked(), KEY)).text()
    firstIsOver.resolve()
    const response = await retry
    t.assert.deepEqual([response.status, response.headers.get('x-sluice-idempotent')], [status, replayed])
    t.assert.equal((await response.text()) === first, status === 200)
    t.assert.equal(upstream.requests.length, 1)
  })
}

test('D11: a client that lost its stream joins it with its retry: one upstream call, all of its bytes', async (t: TestContext) => {
  const { script, go } = halfway()
  const { gateway, upstream } = await setUp(t, [script])
  const first = new Client(gateway.url + CHAT, STREAM, KEY)
  await first.until('Hel')
  first.leave()
  await nobodyWaits(gateway)
  const second = new Client(gateway.url + CHAT, STREAM, KEY)
  await second.until('Hel')
  go()
  t.assert.match(await second.whole(), /assistant(?:.|\n)*Hel(?:.|\n)*lo(?:.|\n)*\[DONE\]/)
  t.assert.equal((await second.head()).headers['x-sluice-idempotent'], 'replayed')
  t.assert.equal(upstream.requests.length, 1)
  await gateway.ended(2)
  const lines = gateway.requests.map(({ status, attempts, inputTokens }) => [status, attempts, inputTokens])
  t.assert.deepEqual(lines.sort(), [
    [200, undefined, undefined],
    [499, 1, 7],
  ])
  t.assert.equal(await attemptsOf(gateway, 'a', 'ok'), 1)
})

test('D11: a call whose client left goes on to its end, and the retry finds the outcome', async (t: TestContext) => {
  const { script, go } = halfway()
  const { gateway, upstream } = await setUp(t, [script])
  const first = new Client(gateway.url + CHAT, STREAM, KEY)
  await first.until('Hel')
  first.leave()
  await nobodyWaits(gateway)
  go()
  t.assert.equal(await (await upstream.request(0)).over, 'answered')
  t.assert.equal((await gateway.ended(1)).status, 499)
  const second = await gateway.post(CHAT, STREAM, KEY)
  t.assert.equal(second.headers.get('x-sluice-idempotent'), 'replayed')
  t.assert.match(await second.text(), /lo(?:.|\n)*\[DONE\]/)
})

test('a call that no retry comes back to is cut in the end, and at once where that is the wish', async (t: TestContext) => {
  for (const linger of ['0ms', '50ms']) {
    const { gateway, upstream } = await setUp(t, [silence()], { config: { idempotency: { linger } } })
    const client = new Client(gateway.url + CHAT, asked(), KEY)
    const seen = await upstream.request(0)
    client.leave()
    t.assert.equal(await seen.over, 'cut')
    t.assert.equal((await gateway.ended(1)).status, 499)
    t.assert.equal(await attemptsOf(gateway, 'a', 'cancelled'), 1)
  }
})

test('a gateway stops without waiting for calls that nobody reads', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [silence()])
  const client = new Client(gateway.url + CHAT, asked(), KEY)
  const seen = await upstream.request(0)
  client.leave()
  await nobodyWaits(gateway)
  await gateway.app.api.close()
  t.assert.equal(await seen.over, 'cut')
  t.assert.equal((await gateway.ended(1)).status, 499)
})

test('a failure is not kept: the retry is a new call', async (t: TestContext) => {
  const clock = stopClock(t)
  const failures: readonly (readonly [object, Script, path?: string])[] = [
    [asked(), whole(NO, { status: 500 })],
    [askedMessage(), whole(NO, { status: 500 }), MESSAGES],
    [asked(), whole(NO, { status: 429, headers: { 'retry-after': '0' } })],
    [asked(), whole(NO, { status: 400 })],
    [STREAM, stream([...chatStream('Hel').slice(0, 2), CUT])],
  ]
  for (const [body, failure, path = CHAT] of failures) {
    const { gateway, upstream } = await setUp(t, [failure], { provider: { breaker: { minimumCalls: 1_000 } } })
    await (await gateway.post(path, body, KEY)).text()
    clock.pass(5_000)
    upstream.use('stream' in body ? stream(chatStream('Hello')) : whole(completion('Hello')))
    const second = await gateway.post(path, body, KEY)
    t.assert.deepEqual([second.status, second.headers.get('x-sluice-idempotent')], [200, null])
    t.assert.match(await second.text(), /Hello/)
    t.assert.equal(upstream.requests.length, 2)
  }
})

test('the same key with another body is refused in the words of the route, finished or under way', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [[whole(completion()), silence()]])
  await (await gateway.post(MESSAGES, askedMessage(), KEY)).text()
  new Client(gateway.url + CHAT, asked(), KEY)
  await upstream.request(1)
  const finished = await gateway.post(MESSAGES, askedMessage({ temperature: 0 }), KEY)
  t.assert.equal(finished.status, 400)
  const { type, error } = (await finished.json()) as { type: string; error: { type: string; message: string } }
  t.assert.deepEqual([type, error.type], ['error', 'invalid_request_error'])
  t.assert.match(error.message, /idempotency key/)
  const underWay = await gateway.post(CHAT, asked({ temperature: 0 }), KEY)
  t.assert.equal(underWay.status, 400)
  t.assert.match(await underWay.text(), /SLUICE_REQUEST_IDEMPOTENCY/)
  t.assert.equal(upstream.requests.length, 2)
})

test('a key is of one caller and one route, and ends with its time', async (t: TestContext) => {
  const clock = stopClock(t)
  const keys = ['one', 'two'].map(name => ({ name, key: `key-of-caller-${name}` }))
  const { gateway } = await setUp(t, [whole(completion())], { config: { keys, idempotency: { ttl: '1m' } } })
  const said = async (path: string, body: object, caller: string) => {
    const answer = await gateway.post(path, body, { ...KEY, 'x-api-key': `key-of-caller-${caller}` })
    t.assert.equal(answer.status, 200)
    await answer.text()
    return answer.headers.get('x-sluice-idempotent')
  }
  t.assert.equal(await said(CHAT, asked(), 'one'), null)
  t.assert.equal(await said(CHAT, asked({ temperature: 0 }), 'two'), null)
  t.assert.equal(await said(MESSAGES, askedMessage(), 'one'), null)
  clock.pass(59_999)
  t.assert.equal(await said(CHAT, asked(), 'one'), 'replayed')
  clock.pass(1)
  t.assert.equal(await said(CHAT, asked(), 'one'), null)
})

test('with a time of nothing, or an empty key, nothing is kept', async (t: TestContext) => {
  const off = await setUp(t, [whole(completion())], { config: { idempotency: { ttl: '0ms' } } })
  const empty = await setUp(t, [whole(completion())])
  for (const [{ gateway, upstream }, headers] of [
    [off, KEY],
    [empty, { 'idempotency-key': '' }],
  ] as const) {
    await (await gateway.post(CHAT, asked(), headers)).text()
    await (await gateway.post(CHAT, asked(), headers)).text()
    t.assert.equal(upstream.requests.length, 2)
  }
})

test('a model with a cache: its answers are found under the key too, and a hit needs none', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())], { model: { cache: { ttl: '1m' } } })
  const said = async (headers?: Record<string, string>) => {
    const answer = await gateway.post(CHAT, asked(), headers)
    await answer.text()
    return [answer.headers.get('x-sluice-cache'), answer.headers.get('x-sluice-idempotent')]
  }
  t.assert.deepEqual(await said(KEY), ['miss', null])
  t.assert.deepEqual(await said(KEY), [null, 'replayed'])
  t.assert.deepEqual(await said({ 'idempotency-key': 'call-2' }), ['hit', null])
  t.assert.deepEqual(await said(), ['hit', null])
  t.assert.equal(upstream.requests.length, 1)
})

/** The SDK sends a key of its own on every attempt of a call where it is told which header to use. */
class RetryingOpenAI extends OpenAI {
  protected override idempotencyHeader = 'Idempotency-Key'
}

test("D11: the OpenAI SDK's own retry after its time-out joins the call", async (t: TestContext) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { gateway, upstream } = await setUp(t, [
    async (request, response) => {
      await promise
      return whole(completion('Hello'))(request, response)
    },
  ])
  const client = new RetryingOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', timeout: 200, maxRetries: 10 })
  const asking = client.chat.completions.create({ model: 'chat', messages: [{ role: 'user', content: 'Hello' }] })
  const { headers } = await upstream.request(0)
  t.assert.equal(headers['idempotency-key'], undefined, 'it is between the client and us')
  await nobodyWaits(gateway)
  resolve()
  t.assert.equal((await asking).choices[0]?.message.content, 'Hello')
  t.assert.equal(upstream.requests.length, 1)
})
