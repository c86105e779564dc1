import { type TestContext, test } from 'node:test'
import { Client } from '../journey/client.ts'
import { CHAT_USAGE, chatStream, chatStreamWithUsage, chunk, completion, ROLE } from '../journey/frames.ts'
import { asked, askedMessage, type Bench, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { type Script, stream, whole } from '../upstream.ts'
import { stopClock } from './clock.ts'

const HEADERS = { 'x-api-key': 'key-of-the-caller-1' }
/** What the vendor reports for each answer. */
const USED = CHAT_USAGE.total_tokens

interface Settings {
  readonly script?: Script
  readonly limits?: object
  readonly modelLimits?: object
  readonly model?: object
}

/** 6000 tokens a minute, 1000 at once: 100 more each second. */
function limited(t: TestContext, settings: Settings = {}): Promise<Bench> {
  const { script = whole(completion()), limits = { tokensPerMinute: 6000, tokenBurst: 1000 }, ...rest } = settings
  const { modelLimits, model } = rest
  const caller = { name: 'caller', key: HEADERS['x-api-key'], limits, ...(modelLimits && { modelLimits }) }
  return setUp(t, [script], { config: { keys: [caller] }, ...(model && { model }) })
}

function ask({ gateway }: Bench, path: string, body: object): Promise<Response> {
  return gateway.post(path, body, HEADERS)
}

/** The estimate for the prompt of a request. */
function promptOf(body: object): number {
  return Math.ceil(JSON.stringify(body).length / 4)
}

/** A chat request that is taken to cost exactly so much. */
function costing(tokens: number, members: object = {}): object {
  const body = { ...members, max_tokens: 100 }
  return asked({ ...body, max_tokens: tokens - promptOf(asked(body)) })
}

/** What is left, as an answer says. */
function remaining({ headers }: Response): number {
  return Number(headers.get('x-ratelimit-remaining-tokens'))
}

/** What is left for the next request, which is taken to cost 100. */
async function left(bench: Bench): Promise<number> {
  bench.upstream.use(whole(completion()))
  return remaining(await ask(bench, CHAT, costing(100))) + 100
}

test('D1: with 100 tokens a minute, of five requests of 75 at once one passes', async (t: TestContext) => {
  stopClock(t)
  const others = Promise.withResolvers<void>()
  const answer = whole(completion())
  const script: Script = async (seen, response) => {
    await others.promise
    await answer(seen, response)
  }
  const bench = await limited(t, { script, limits: { tokensPerMinute: 100 } })
  let refused = 0
  const ask75 = async () => {
    const { status } = await ask(bench, CHAT, costing(75))
    if (status === 429) refused += 1
    if (refused === 4) others.resolve()
    return status
  }
  const statuses = await Promise.all(Array.from({ length: 5 }, ask75))
  t.assert.deepEqual(statuses.sort(), [200, 429, 429, 429, 429])
})

test('D1: with 100 tokens a minute a request of 175 never passes, and is told so by a status that nobody repeats', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t, { limits: { tokensPerMinute: 100 } })
  const refused = await ask(bench, CHAT, costing(175))
  t.assert.deepEqual([refused.status, refused.headers.get('retry-after')], [413, null])
  const { error } = (await refused.json()) as { error: { code: string; message: string } }
  t.assert.equal(error.code, 'SLUICE_LIMIT_TOKENS_REQUEST')
  t.assert.match(error.message, /may use 175 tokens.*at most 100.*setting: keys\[\]\.limits\.tokensPerMinute/)
  t.assert.equal((await ask(bench, CHAT, costing(100))).status, 200)
})

test('D1: what was reserved and not used comes back at the end', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t)
  const first = await ask(bench, CHAT, costing(700))
  t.assert.deepEqual([first.headers.get('x-ratelimit-limit-tokens'), remaining(first)], ['1000', 300])
  t.assert.equal(first.headers.get('x-ratelimit-reset-tokens'), '7s')
  t.assert.equal(await left(bench), 1000 - USED)
})

test('a number of tokens that no answer can have is charged to nobody: what was reserved is', async (t: TestContext) => {
  stopClock(t)
  const slip = { ...CHAT_USAGE, completion_tokens: 2 ** 32 - 1 }
  const bench = await limited(t, { script: whole(completion('Hello', { usage: slip })) })
  await (await ask(bench, CHAT, asked())).text()
  t.assert.equal(await left(bench), 1000 - promptOf(asked()))
})

test('D2, D6: streams and whole answers on both routes count in one bucket', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t)
  for (const [path, body] of [
    [CHAT, asked()],
    [MESSAGES, askedMessage()],
  ] as const) {
    bench.upstream.use(whole(completion()))
    await (await ask(bench, path, body)).text()
    bench.upstream.use(stream(chatStreamWithUsage('Hello')))
    await (await ask(bench, path, { ...body, stream: true })).text()
  }
  t.assert.equal(await left(bench), 1000 - 4 * USED)
})

test('D2: of a stream whose client left, the prompt and what went by count', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t, {
    script: stream([ROLE, chunk({ content: 'x'.repeat(400) }), new Promise<void>(() => {})]),
  })
  const body = costing(600, { stream: true })
  const client = new Client(bench.gateway.url + CHAT, body, HEADERS)
  await client.until('xxx')
  client.leave()
  await bench.gateway.ended(1)
  t.assert.equal(await left(bench), 1000 - promptOf(body) - 100)
})

test('D2: of a whole answer whose client left, the prompt counts', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t, { script: () => new Promise<void>(() => {}) })
  const body = costing(600)
  const client = new Client(bench.gateway.url + CHAT, body, HEADERS)
  await bench.upstream.request(0)
  client.leave()
  await bench.gateway.ended(1)
  t.assert.equal(await left(bench), 1000 - promptOf(body))
})

test('a request that failed, or that the vendor refused, costs nothing', async (t: TestContext) => {
  stopClock(t)
  for (const status of [500, 422]) {
    const bench = await limited(t, { script: whole({ error: { message: 'no' } }, { status }) })
    await (await ask(bench, CHAT, costing(600))).text()
    t.assert.equal(await left(bench), 1000, `${status}`)
  }
})

test('a stream that breaks counts as what went by', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t, { script: stream(chatStream('x'.repeat(400)).slice(0, 2)) })
  const body = costing(600, { stream: true })
  await (await ask(bench, CHAT, body)).text()
  t.assert.equal(await left(bench), 1000 - promptOf(body) - 100)
})

test('an answer without usage counts as what was reserved', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t, { script: whole(completion('Hello', { usage: undefined })) })
  await ask(bench, CHAT, costing(600))
  t.assert.equal(await left(bench), 400)
})

test('an answer from the cache costs nothing', async (t: TestContext) => {
  stopClock(t)
  const bench = await limited(t, { model: { cache: { ttl: '1m' } } })
  for (let count = 0; count < 3; count++) await (await ask(bench, CHAT, costing(600))).text()
  t.assert.equal(bench.upstream.requests.length, 1)
  t.assert.equal(await left(bench), 1000 - USED)
})

test('D8: a refusal says which limit in the dialect of the route, and takes neither tokens nor a request', async (t: TestContext) => {
  const clock = stopClock(t)
  const limits = { requestsPerMinute: 60, burst: 4, tokensPerMinute: 6000, tokenBurst: 1000 }
  const bench = await limited(t, { limits, script: whole(completion('Hello', { usage: undefined })) })
  await ask(bench, CHAT, costing(900))
  for (let count = 0; count < 10; count++) {
    const refused = await ask(bench, CHAT, costing(290))
    t.assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '2'], 'whole seconds: it is 1.9')
    t.assert.equal(remaining(refused), 100)
    const { error } = (await refused.json()) as { error: object }
    t.assert.deepEqual(error, {
      message:
        'The limit of 6000 tokens a minute for this API key has no room for the 290 that this request may use; wait 2 s (setting: keys[].limits.tokensPerMinute).',
      type: 'rate_limit_error',
      param: null,
      code: 'SLUICE_LIMIT_TOKENS',
    })
  }
  const anthropic = await ask(bench, MESSAGES, askedMessage({ max_tokens: 290 }))
  t.assert.equal(((await anthropic.json()) as { error: { type: string } }).error.type, 'rate_limit_error')
  t.assert.equal((await bench.gateway.metrics()).get('sluice_ratelimited_total{limit="tokens"}'), 11)
  clock.pass(2000)
  const answer = await ask(bench, CHAT, costing(300))
  t.assert.deepEqual([answer.status, answer.headers.get('x-ratelimit-remaining-requests')], [200, '3'])
})

test('D5: any minute lets at most rate and burst pass', async (t: TestContext) => {
  const clock = stopClock(t)
  const bench = await limited(t, { script: whole(completion('Hello', { usage: undefined })) })
  let passed = 0
  for (let second = 0; second < 60; second++) {
    if ((await ask(bench, CHAT, costing(250))).status === 200) passed += 250
    clock.pass(1000)
  }
  t.assert.ok(passed <= 7000 && passed > 6500, `${passed}`)
})

test('D6: limits of models hold beside those of the caller, and models of one pattern share them', async (t: TestContext) => {
  stopClock(t)
  const modelLimits = { 'a/*': { tokensPerMinute: 400 }, chat: { requestsPerMinute: 2 } }
  const bench = await limited(t, { modelLimits, script: whole(completion('Hello', { usage: undefined })) })
  const first = await ask(bench, CHAT, { ...costing(300), model: 'a/mm' })
  t.assert.deepEqual([first.headers.get('x-ratelimit-limit-tokens'), remaining(first)], ['400', 100])
  const other = await ask(bench, MESSAGES, { ...costing(300), model: 'a/nn' })
  t.assert.equal(other.status, 429)
  t.assert.match(await other.text(), /keys\[\]\.modelLimits\.a\/\*\.tokensPerMinute/)
  t.assert.equal(remaining(await ask(bench, CHAT, costing(100))), 600, 'the refusal took nothing of the caller')
  t.assert.equal((await ask(bench, CHAT, costing(100))).status, 200)
  const third = await ask(bench, CHAT, costing(100))
  t.assert.equal(third.status, 429)
  t.assert.match(await third.text(), /2 requests a minute.*keys\[\]\.modelLimits\.chat\.requestsPerMinute/)
})

test('D6: a caller with token limits alone is told of no request limit', async (t: TestContext) => {
  const bench = await limited(t)
  const { headers } = await ask(bench, CHAT, asked())
  t.assert.equal(headers.get('x-ratelimit-limit-requests'), null)
})
