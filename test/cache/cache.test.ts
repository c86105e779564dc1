import { type TestContext, test } from 'node:test'
import { stopClock } from '../callers/clock.ts'
import { Client } from '../journey/client.ts'
import { chatStream, chatStreamWithUsage, chunk, completion, data, ROLE } from '../journey/frames.ts'
import { asked, askedMessage, type Bench, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { CUT, dieAfter, reset, type Script, stream, whole } from '../upstream.ts'

const KEYS = [
  { name: 'one', key: 'key-of-caller-one' },
  { name: 'two', key: 'key-of-caller-two' },
]
const ONE = { 'x-api-key': 'key-of-caller-one' }
const TWO = { 'x-api-key': 'key-of-caller-two' }

function withCache(t: TestContext, script: Script, options: Parameters<typeof setUp>[2] = {}): Promise<Bench> {
  return setUp(t, [script], { model: { cache: { ttl: '10s' } }, config: { keys: KEYS }, ...options })
}

/** Sends one request after another; says what the cache said of each. */
async function results(
  bench: Bench,
  bodies: readonly (readonly [string, object, Record<string, string>?])[],
): Promise<(string | null)[]> {
  const said: (string | null)[] = []
  for (const [path, body, headers = ONE] of bodies) {
    const answer = await bench.gateway.post(path, body, headers)
    await answer.text()
    said.push(answer.headers.get('x-sluice-cache'))
  }
  return said
}

test('an equal request is answered from the cache: same body, no vendor, and the headers say so', async (t: TestContext) => {
  const bench = await withCache(t, whole(completion('Hello')))
  const first = await bench.gateway.post(CHAT, asked(), ONE)
  const second = await bench.gateway.post(CHAT, asked(), ONE)
  t.assert.deepEqual([first.headers.get('x-sluice-cache'), second.headers.get('x-sluice-cache')], ['miss', 'hit'])
  t.assert.equal(second.status, 200)
  t.assert.equal(second.headers.get('content-type'), 'application/json')
  t.assert.equal(second.headers.get('x-sluice-target'), 'a/m')
  t.assert.equal(second.headers.get('x-sluice-attempts'), '0')
  t.assert.equal(await second.text(), await first.text())
  t.assert.equal(bench.upstream.requests.length, 1)
  const metrics = await bench.gateway.metrics()
  t.assert.equal(metrics.get('sluice_cache_total{result="miss"}'), 1)
  t.assert.equal(metrics.get('sluice_cache_total{result="hit"}'), 1)
  t.assert.equal(metrics.get('sluice_attempts_total'), 1)
})

test('a stream is replayed as a stream, byte for byte, on either lane', async (t: TestContext) => {
  const bench = await withCache(t, stream(chatStreamWithUsage('Hel', 'lo')))
  for (const [path, body] of [
    [CHAT, asked({ stream: true })],
    [MESSAGES, askedMessage({ stream: true })],
  ] as const) {
    const first = await bench.gateway.post(path, body, ONE)
    const text = await first.text()
    const second = await bench.gateway.post(path, body, ONE)
    t.assert.equal(second.headers.get('x-sluice-cache'), 'hit')
    t.assert.equal(second.headers.get('content-type'), first.headers.get('content-type'))
    t.assert.equal(second.headers.get('cache-control'), 'no-cache')
    t.assert.equal(second.headers.get('x-accel-buffering'), 'no')
    t.assert.equal(await second.text(), text)
    t.assert.match(text, /Hel/)
  }
  t.assert.equal(bench.upstream.requests.length, 2)
})

test('nobody is answered from the cache of another caller, route, wish for a stream, version or body', async (t: TestContext) => {
  const bench = await withCache(t, whole(completion()))
  const said = await results(bench, [
    [CHAT, asked(), ONE],
    [CHAT, asked(), TWO],
    [MESSAGES, askedMessage(), ONE],
    [CHAT, asked({ temperature: 0 }), ONE],
    [MESSAGES, askedMessage(), { ...ONE, 'anthropic-beta': 'b1' }],
    [`${MESSAGES}?beta=true`, askedMessage(), ONE],
    [CHAT, asked(), TWO],
  ])
  t.assert.deepEqual(said, ['miss', 'miss', 'miss', 'miss', 'miss', 'miss', 'hit'])
})

test('a model without the setting is not cached, nor is the target behind a cached one', async (t: TestContext) => {
  const bench = await withCache(t, whole(completion()))
  const direct = asked({ model: 'a/m' })
  t.assert.deepEqual(
    await results(bench, [
      [CHAT, direct],
      [CHAT, direct],
    ]),
    [null, null],
  )
  const list = await fetch(`${bench.gateway.url}/v1/models`, { headers: ONE })
  t.assert.equal(list.headers.get('x-sluice-cache'), null)
})

test('after its time an answer is asked for anew', async (t: TestContext) => {
  const clock = stopClock(t)
  const bench = await withCache(t, whole(completion()))
  t.assert.deepEqual(
    await results(bench, [
      [CHAT, asked()],
      [CHAT, asked()],
    ]),
    ['miss', 'hit'],
  )
  clock.pass(9_999)
  t.assert.deepEqual(await results(bench, [[CHAT, asked()]]), ['hit'])
  clock.pass(1)
  t.assert.deepEqual(
    await results(bench, [
      [CHAT, asked()],
      [CHAT, asked()],
    ]),
    ['miss', 'hit'],
  )
})

const NO = { error: { message: 'no' } }
const NEVER_KEPT: readonly (readonly [string, Script, boolean])[] = [
  ['a refusal', whole(NO, { status: 422 }), false],
  ['a failure', whole(NO, { status: 500 }), false],
  ['a page', whole('<html></html>', { headers: { 'content-type': 'text/html' } }), false],
  ['a dead connection', reset(), false],
  ['an answer that is no completion', whole({ choices: 'no' }), false],
  ['an error that says 200', whole(NO), false],
  [
    'half an answer',
    dieAfter(20, JSON.stringify(completion()), { headers: { 'content-type': 'application/json' } }),
    false,
  ],
  ['a stream that was cut', stream([...chatStream('Hello').slice(0, 2), CUT]), true],
  ['a stream without its end', stream([ROLE, chunk({ content: 'Hello' })]), true],
  ['a stream with an error in it', stream([ROLE, chunk({ content: 'Hello' }), data(NO)]), true],
]

for (const [name, script, wantsStream] of NEVER_KEPT) {
  test(`${name} is not kept`, async (t: TestContext) => {
    const bench = await withCache(t, script, { provider: { breaker: { minimumCalls: 1_000 } } })
    const body = asked({ stream: wantsStream })
    await (await bench.gateway.post(CHAT, body, ONE)).text().catch(String)
    bench.upstream.use(wantsStream ? stream(chatStream('Hello')) : whole(completion()))
    const seen = bench.upstream.requests.length
    const second = await bench.gateway.post(CHAT, body, ONE)
    t.assert.equal(second.headers.get('x-sluice-cache'), 'miss')
    t.assert.equal(bench.upstream.requests.length, seen + 1)
  })
}

test('a stream whose client has left is not kept', async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const bench = await withCache(
    t,
    stream([...chatStream('Hello').slice(0, 2), rest.promise, ...chatStream('Hello').slice(2)]),
  )
  const client = new Client(bench.gateway.url + CHAT, asked({ stream: true }), ONE)
  await client.until('Hello')
  client.leave()
  await bench.gateway.ended(1)
  rest.resolve()
  bench.upstream.use(stream(chatStream('Hello')))
  t.assert.deepEqual(await results(bench, [[CHAT, asked({ stream: true })]]), ['miss'])
})

test('an answer of the cache is one request to the limit and the log', async (t: TestContext) => {
  const keys = [{ name: 'one', key: 'key-of-caller-one', limits: { requestsPerMinute: 2 } }]
  stopClock(t)
  const bench = await withCache(t, whole(completion()), { config: { keys } })
  await results(bench, [
    [CHAT, asked()],
    [CHAT, asked()],
  ])
  const third = await bench.gateway.post(CHAT, asked(), ONE)
  t.assert.equal(third.status, 429)
  const line = await bench.gateway.ended(2)
  t.assert.deepEqual([line.status, line.model, line.caller, line.attempts], [200, 'chat', 'one', undefined])
})

test('what an answer lost on the way is told of its copies too', async (t: TestContext) => {
  const bench = await withCache(t, whole(completion()))
  const body = askedMessage({ top_k: 7 })
  const first = await bench.gateway.post(MESSAGES, body, ONE)
  const second = await bench.gateway.post(MESSAGES, body, ONE)
  t.assert.equal(second.headers.get('x-sluice-cache'), 'hit')
  t.assert.ok(first.headers.get('x-sluice-losses'))
  t.assert.equal(second.headers.get('x-sluice-losses'), first.headers.get('x-sluice-losses'))
})
