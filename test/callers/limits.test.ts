import { type TestContext, test } from 'node:test'
import { chatStream, completion } from '../journey/frames.ts'
import { asked, askedMessage, type Bench, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { type Script, stream, whole } from '../upstream.ts'
import { stopClock } from './clock.ts'

const KEY = 'key-of-the-caller-1'
const OTHER = 'key-of-another-one'
const LIMITS = ['limit', 'remaining', 'reset'] as const

/** 60 requests a minute, 4 at once: one more each second. */
function limited(
  t: TestContext,
  script: Script = whole(completion()),
  limits: object = { requestsPerMinute: 60, burst: 4 },
): Promise<Bench> {
  const keys = [
    { name: 'caller', key: KEY, models: ['chat'], limits },
    { name: 'other', key: OTHER, limits },
  ]
  return setUp(t, [script], { config: { keys } })
}

function ask({ gateway }: Bench, path: string, body: object | string, key = KEY): Promise<Response> {
  return gateway.post(path, body, { 'x-api-key': key })
}

function limitsOf({ headers }: Response): (string | null)[] {
  return LIMITS.map(name => headers.get(`x-ratelimit-${name}-requests`))
}

test('D6: one bucket of a caller for all routes and both dialects', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t)
  t.assert.equal((await ask(bench, CHAT, asked())).status, 200)
  t.assert.equal((await ask(bench, MESSAGES, askedMessage())).status, 200)
  const headers = { 'x-goog-api-key': KEY }
  t.assert.equal((await fetch(`${bench.gateway.url}/v1/models`, { headers })).status, 200)
  t.assert.equal((await fetch(`${bench.gateway.url}/v1/models/chat`, { method: 'HEAD', headers })).status, 200)
  t.assert.equal((await ask(bench, CHAT, asked())).status, 429)
  t.assert.equal((await ask(bench, MESSAGES, askedMessage())).status, 429)
  t.assert.equal((await fetch(`${bench.gateway.url}/v1/models`, { headers })).status, 429)
  t.assert.equal((await ask(bench, CHAT, asked(), OTHER)).status, 200, 'another caller has another one')
  t.assert.equal(bench.upstream.requests.length, 3)
})

test('D8: a refusal is a 429 in the dialect of the route that says which limit, and for how long', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t, whole(completion()), { requestsPerMinute: 20, burst: 2 })
  for (let count = 0; count < 2; count++) await ask(bench, CHAT, asked())
  const message =
    'The limit of 20 requests a minute for this API key is reached; wait 3 s (setting: keys[].limits.requestsPerMinute).'
  const code = 'SLUICE_LIMIT_REQUESTS'
  const chat = await ask(bench, CHAT, asked())
  t.assert.equal(chat.status, 429)
  t.assert.equal(chat.headers.get('retry-after'), '3')
  t.assert.equal(chat.headers.get('retry-after-ms'), '3000')
  // The bucket is full again later than there is a token in it.
  t.assert.deepEqual(limitsOf(chat), ['2', '0', '6s'])
  t.assert.deepEqual(await chat.json(), { error: { message, type: 'rate_limit_error', param: null, code } })
  const anthropic = await ask(bench, MESSAGES, askedMessage())
  t.assert.equal(anthropic.status, 429)
  t.assert.equal(anthropic.headers.get('retry-after'), '3')
  t.assert.deepEqual(await anthropic.json(), {
    type: 'error',
    error: { type: 'rate_limit_error', message, code },
    request_id: anthropic.headers.get('request-id'),
  })
  const metrics = await bench.gateway.metrics()
  t.assert.equal(metrics.get('sluice_ratelimited_total{limit="requests"}'), 2)
})

test('D8: refused requests consume nothing and lengthen no wait', async (t: TestContext) => {
  const clock = stopClock(t)
  const bench = await limited(t)
  for (let count = 0; count < 4; count++) await ask(bench, CHAT, asked())
  for (let count = 0; count < 20; count++) {
    const refused = await ask(bench, CHAT, asked())
    t.assert.equal(refused.status, 429)
    t.assert.equal(refused.headers.get('retry-after'), '1')
  }
  clock.pass(999)
  const early = await ask(bench, CHAT, asked())
  t.assert.deepEqual(
    [early.status, early.headers.get('retry-after'), early.headers.get('retry-after-ms')],
    [429, '1', '1'],
  )
  clock.pass(1)
  t.assert.equal((await ask(bench, CHAT, asked())).status, 200)
  t.assert.equal((await ask(bench, CHAT, asked())).status, 429)
})

test('D8: a request that is refused by its limit does not have its body read', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t, whole(completion()), { requestsPerMinute: 1 })
  await ask(bench, CHAT, asked())
  const refused = await ask(bench, CHAT, '{"model": not JSON')
  t.assert.equal(refused.status, 429)
})

test('D5: a caller that never stops is let through at its rate, after its burst', async (t: TestContext) => {
  const clock = stopClock(t)
  const bench = await limited(t)
  let passed = 0
  for (let tenths = 0; tenths < 100; tenths++) {
    if ((await ask(bench, CHAT, asked())).status === 200) passed += 1
    clock.pass(100)
  }
  t.assert.equal(passed, 4 + 9)
})

test('D5: of many at once as many pass as the bucket holds', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t)
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(bench, CHAT, asked())))
  t.assert.equal(answers.filter(({ status }) => status === 200).length, 4)
  t.assert.equal(answers.filter(({ status }) => status === 429).length, 36)
})

test('D8: answers say what is left, streams too, and never what the vendor says of its own limits', async (t: TestContext) => {
  stopClock(t)
  const vendors = { 'x-ratelimit-limit-requests': '777', 'x-ratelimit-remaining-tokens': '777', 'retry-after': '777' }
  const bench = await limited(t, whole(completion(), { headers: vendors }))
  const first = await ask(bench, CHAT, asked())
  t.assert.deepEqual(limitsOf(first), ['4', '3', '1s'])
  bench.upstream.use(stream(chatStream('Hello'), { headers: vendors }))
  const second = await ask(bench, CHAT, asked({ stream: true }))
  t.assert.deepEqual(limitsOf(second), ['4', '2', '2s'])
  t.assert.match(await second.text(), /Hello/)
  bench.upstream.use(whole({ error: { message: 'no' } }, { status: 422, headers: vendors }))
  const third = await ask(bench, CHAT, asked())
  t.assert.deepEqual([third.status, ...limitsOf(third)], [422, '4', '1', '3s'])
  for (const { headers } of [first, second, third]) {
    t.assert.ok(!JSON.stringify([...headers]).includes('777'))
    t.assert.equal(headers.get('x-ratelimit-limit'), null)
  }
})

test('a caller without limits is told of none', async (t: TestContext) => {
  const bench = await setUp(t, [whole(completion())], { config: { keys: [{ name: 'caller', key: KEY }] } })
  for (let count = 0; count < 20; count++) {
    const answer = await ask(bench, CHAT, asked())
    t.assert.deepEqual([answer.status, ...limitsOf(answer)], [200, null, null, null])
  }
})

test('a request for a model that is unknown or forbidden gets its token back', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t)
  for (let count = 0; count < 10; count++) {
    t.assert.equal((await ask(bench, CHAT, asked({ model: 'a/m' }))).status, 403)
    t.assert.equal((await ask(bench, MESSAGES, askedMessage({ model: 'unknown' }))).status, 404)
  }
  const answer = await ask(bench, CHAT, asked())
  t.assert.deepEqual(limitsOf(answer), ['4', '3', '1s'])
})

test("a burst that is larger than a minute's worth holds, and without one it is a minute's worth", async (t: TestContext) => {
  stopClock(t)
  const large = await limited(t, whole(completion()), { requestsPerMinute: 2, burst: 5 })
  for (let count = 0; count < 5; count++) t.assert.equal((await ask(large, CHAT, asked())).status, 200)
  const refused = await ask(large, CHAT, asked())
  t.assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '30'])
  const plain = await limited(t, whole(completion()), { requestsPerMinute: 3 })
  for (let count = 0; count < 3; count++) t.assert.equal((await ask(plain, CHAT, asked())).status, 200)
  t.assert.equal((await ask(plain, CHAT, asked())).status, 429)
})

test('a limit is held on streams as on other calls, and a stream is one request', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t, stream(chatStream('one', 'two', 'three')), { requestsPerMinute: 2 })
  for (let count = 0; count < 2; count++) {
    const answer = await ask(bench, CHAT, asked({ stream: true }))
    t.assert.match(await answer.text(), /three/)
  }
  const refused = await ask(bench, CHAT, asked({ stream: true }))
  t.assert.equal(refused.status, 429)
  t.assert.equal(refused.headers.get('content-type'), 'application/json; charset=utf-8')
})
