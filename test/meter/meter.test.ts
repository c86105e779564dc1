import { type TestContext, test } from 'node:test'
import type { Gateway } from '../helper.ts'
import { Client } from '../journey/client.ts'
import { CHAT_USAGE, chatStream, chatStreamWithUsage, completion } from '../journey/frames.ts'
import { asked, askedMessage, type Bench, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { CUT, reset, type Script, silence, stream, whole } from '../upstream.ts'

const LIMIT = { listen: { bodyLimit: '64KiB' } }

/** Requests by route and status that were counted, and those that are under way. */
async function counted(gateway: Gateway): Promise<Record<string, number>> {
  const metrics = await gateway.metrics()
  const requests = [...metrics].filter(([name]) => name.startsWith('api_requests_total'))
  const short = requests.map(
    ([name, value]) => [name.replace(/^.*endpoint="([^"]*)",status="(\d+)".*$/, '$1 $2'), value] as const,
  )
  return { ...Object.fromEntries(short), inflight: metrics.get('sluice_inflight') ?? -1 }
}

interface Ending {
  readonly name: string
  readonly script?: Script
  /** Makes the request; returns when the client is done with it. */
  readonly ask: (bench: Bench) => Promise<unknown>
  readonly counts: Record<string, number>
  /** Members of the log line that the test is about. */
  readonly line: Record<string, unknown>
}

const post = (path: string, body: object | string) => async (bench: Bench) => {
  await (await bench.gateway.post(path, body)).text().catch(String)
}

const ENDINGS: readonly Ending[] = [
  {
    name: 'an answer',
    ask: post(CHAT, asked()),
    counts: { '/v1/chat/completions 200': 1 },
    line: {
      status: 200,
      model: 'chat',
      stream: false,
      target: 'a/m',
      attempts: 1,
      lane: 'pass',
      inputTokens: 7,
      outputTokens: 5,
      finish: 'stop',
    },
  },
  {
    name: 'a translated answer',
    ask: post(MESSAGES, askedMessage({ top_k: 7 })),
    counts: { '/v1/messages 200': 1 },
    line: { status: 200, lane: 'translate', inputTokens: 7, outputTokens: 5, finish: 'stop', losses: 1 },
  },
  {
    name: 'a stream',
    script: stream(chatStreamWithUsage('Hello')),
    ask: post(CHAT, asked({ stream: true })),
    counts: { '/v1/chat/completions 200': 1 },
    line: { status: 200, stream: true, inputTokens: 7, outputTokens: 5, finish: 'stop', failure: undefined },
  },
  {
    name: 'a refusal of the vendor',
    script: whole({ error: { message: 'no' } }, { status: 422 }),
    ask: post(CHAT, asked()),
    counts: { '/v1/chat/completions 422': 1 },
    line: { status: 422, attempts: 1, inputTokens: undefined },
  },
  {
    name: 'a vendor that is away',
    script: reset(),
    ask: post(CHAT, asked()),
    counts: { '/v1/chat/completions 502': 1 },
    line: { status: 502, attempts: 1, code: 'SLUICE_UPSTREAM_NETWORK' },
  },
  {
    name: 'a stream that broke',
    script: stream([...chatStream('Hello').slice(0, 2), CUT]),
    ask: post(CHAT, asked({ stream: true })),
    counts: { '/v1/chat/completions 200': 1 },
    line: { status: 200, failure: 'network', estimated: true },
  },
  {
    name: 'a client that leaves before the answer',
    script: silence(),
    ask: async ({ gateway, upstream }) => {
      const client = new Client(gateway.url + CHAT, asked())
      await upstream.request(0)
      client.leave()
    },
    counts: { '/v1/chat/completions 499': 1 },
    line: { status: 499, attempts: 1 },
  },
  {
    name: 'a client that leaves in a stream',
    script: stream([...chatStream('Hello').slice(0, 2), new Promise<void>(() => {})]),
    ask: async ({ gateway }) => {
      const client = new Client(gateway.url + CHAT, asked({ stream: true }))
      await client.until('Hello')
      client.leave()
    },
    counts: { '/v1/chat/completions 499': 1 },
    line: { status: 499, failure: 'cancelled', estimated: true },
  },
  {
    name: 'a model that is unknown',
    ask: post(CHAT, asked({ model: 'unknown' })),
    counts: { '/v1/chat/completions 404': 1 },
    line: { status: 404, model: 'unknown', attempts: undefined, target: undefined, code: 'SLUICE_ROUTE_MODEL_UNKNOWN' },
  },
  {
    name: 'a route that is none',
    ask: post('/v1/nope', asked()),
    counts: { 'unknown 404': 1 },
    line: { status: 404, endpoint: 'unknown', model: undefined, code: 'SLUICE_ROUTE_UNKNOWN' },
  },
  {
    name: 'a body that is too large',
    ask: post(MESSAGES, 'x'.repeat(100_000)),
    counts: { '/v1/messages 413': 1 },
    line: { status: 413, code: 'SLUICE_REQUEST_TOO_LARGE' },
  },
  {
    name: 'JSON that is none',
    ask: post(MESSAGES, '{'),
    counts: { '/v1/messages 400': 1 },
    line: { status: 400, model: undefined, code: 'SLUICE_REQUEST_JSON' },
  },
]

for (const { name, script, ask, counts, line } of ENDINGS) {
  test(`${name} is counted once, leaves one line, and nothing under way`, async (t: TestContext) => {
    const bench = await setUp(t, [script ?? whole(completion())], { config: LIMIT })
    await ask(bench)
    const logged = await bench.gateway.ended(1)
    for (const [member, value] of Object.entries(line)) t.assert.deepEqual(logged[member], value, member)
    t.assert.deepEqual(await counted(bench.gateway), { ...counts, inflight: 0 })
    const metrics = await bench.gateway.metrics()
    t.assert.equal(metrics.get(`api_latency_seconds_count{endpoint="${logged.endpoint}"}`), 1)
    t.assert.equal(bench.gateway.requests.length, 1)
  })
}

test('while a request is answered it counts as under way', async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const bench = await setUp(t, [stream([...chatStream('Hello').slice(0, 2), rest.promise, ...chatStream().slice(1)])])
  const client = new Client(bench.gateway.url + CHAT, asked({ stream: true }))
  await client.until('Hello')
  t.assert.equal((await bench.gateway.metrics()).get('sluice_inflight'), 1)
  rest.resolve()
  t.assert.equal(await client.over(), 'ended')
  await bench.gateway.ended(1)
  t.assert.equal((await bench.gateway.metrics()).get('sluice_inflight'), 0)
})

test('requests on one connection are settled one by one', async (t: TestContext) => {
  const bench = await setUp(t, [whole(completion())])
  for (let count = 0; count < 5; count++) await post(CHAT, asked())(bench)
  await bench.gateway.ended(5)
  t.assert.deepEqual(await counted(bench.gateway), { '/v1/chat/completions 200': 5, inflight: 0 })
  t.assert.equal(new Set(bench.gateway.requests.map(({ id }) => id)).size, 5)
})

test('health and the ops listener are not counted and leave no line', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())])
  await fetch(`${gateway.url}/health/live`)
  await fetch(`${gateway.url}/health/ready`)
  await gateway.metrics()
  await gateway.post(CHAT, asked())
  await gateway.ended(1)
  t.assert.deepEqual(await counted(gateway), { '/v1/chat/completions 200': 1, inflight: 0 })
  t.assert.equal(gateway.requests.length, 1)
})

test('an answer of the second target counts two attempts, their outcomes and a fallback', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole({ error: { message: 'no' } }, { status: 500 }), whole(completion())])
  await gateway.post(CHAT, asked())
  await gateway.ended(1)
  const metrics = await gateway.metrics()
  const attempts = (provider: string, outcome: string) =>
    metrics.get(`sluice_upstream_requests_total{provider="${provider}",model="m",outcome="${outcome}"}`)
  t.assert.deepEqual([attempts('a', 'upstream'), attempts('b', 'ok')], [1, 1])
  t.assert.equal(metrics.get('sluice_attempts_total'), 2)
  t.assert.equal(metrics.get('sluice_fallbacks_total'), 1)
  t.assert.equal(metrics.get('sluice_retries_total'), 1)
  t.assert.equal(metrics.get('sluice_retries_unpaid_total'), 0)
})

test('C5: a failure after which the retry budget allows no other attempt is counted', async (t: TestContext) => {
  const { gateway, upstreams } = await setUp(t, [whole({ error: {} }, { status: 500 }), whole(completion())], {
    config: { retryBudget: { ratio: 0, minPerSecond: 0 } },
  })
  t.assert.equal((await gateway.post(CHAT, asked())).status, 500)
  await gateway.ended(1)
  t.assert.equal(upstreams[1]?.requests.length, 0)
  const metrics = await gateway.metrics()
  t.assert.equal(metrics.get('sluice_retries_unpaid_total'), 1)
  t.assert.equal(metrics.get('sluice_retries_total'), 0)
})

test("tokens and times of an answer are told under OpenTelemetry's names, by the model of the config", async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion()), stream(chatStreamWithUsage('Hello'))])
  await gateway.post(CHAT, asked({ model: 'a/m' }))
  await (await gateway.post(CHAT, asked({ model: 'b/made-up', stream: true }))).text()
  await gateway.ended(2)
  const metrics = await gateway.metrics()
  const labels = 'gen_ai_provider_name="a",gen_ai_request_model="m"'
  t.assert.equal(
    metrics.get(`gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="input"}`),
    CHAT_USAGE.prompt_tokens,
  )
  t.assert.equal(
    metrics.get(`gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="output"}`),
    CHAT_USAGE.completion_tokens,
  )
  t.assert.equal(metrics.get(`gen_ai_server_request_duration_seconds_count{${labels}}`), 1)
  const other = 'gen_ai_provider_name="b",gen_ai_request_model="other"'
  t.assert.equal(metrics.get(`gen_ai_server_time_to_first_token_seconds_count{${other}}`), 1)
  t.assert.equal(metrics.get(`gen_ai_client_token_usage_count{${other},gen_ai_token_type="output"}`), 1)
})

test('the histograms that every reader of the project knows have the buckets that are promised', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())])
  await gateway.post(CHAT, asked())
  await gateway.ended(1)
  const metrics = await gateway.metrics()
  for (const bucket of ['0.1', '0.3', '0.5', '1', '2', '+Inf']) {
    t.assert.equal(metrics.has(`api_latency_seconds_bucket{le="${bucket}",endpoint="${CHAT}"}`), true, bucket)
  }
})

test('the log line of a request says what there is to say, in numbers, and nothing else', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())], {
    config: { keys: [{ name: 'caller', key: 'key-of-the-caller-1' }] },
  })
  await gateway.post(CHAT, asked(), { 'x-api-key': 'key-of-the-caller-1', 'x-request-id': 'id-1' })
  const { time, pid, hostname, level, ms, overheadMs, firstContentMs, ...line } = await gateway.ended(1)
  t.assert.deepEqual(line, {
    msg: 'request',
    id: 'id-1',
    endpoint: CHAT,
    status: 200,
    caller: 'caller',
    model: 'chat',
    stream: false,
    target: 'a/m',
    attempts: 1,
    lane: 'pass',
    inputTokens: 7,
    outputTokens: 5,
    finish: 'stop',
  })
  t.assert.equal(level, 30)
  for (const value of [time, ms, overheadMs, firstContentMs]) t.assert.ok(Number(value) >= 0)
  t.assert.ok(Number(overheadMs) <= Number(ms))
})
