import { type TestContext, test } from 'node:test'
import { stopClock } from '../callers/clock.ts'
import { type Handler, type Script, silence, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, completion, message } from './frames.ts'
import { model, timesAsked, withModels } from './models.ts'
import { asked, askedMessage, type Bench, type BenchOptions, CHAT, MESSAGES, RESPONSES } from './setup.ts'

const ANSWERS = whole(completion('answered'))
const CRASH = whole({ error: { message: 'crashed', type: 'server_error' } }, { status: 500 })
const LIMITED = whole({ error: { message: 'slow down' } }, { status: 429, headers: { 'retry-after': '50' } })
const INVALID = whole({ error: { message: 'wrong', type: 'invalid_request_error' } }, { status: 400 })
const FILTERED = whole(
  completion('', { choices: [{ index: 0, message: { content: 'I can' }, finish_reason: 'content_filter' }] }),
)
const RESPONSE = whole({ id: 'resp_1', object: 'response', status: 'completed', model: 'm', output: [] })
const MESSAGE = whole(message('answered'))

const SMALLER = { steps: [{ name: 'smaller', degradeTo: true }], after: '0s', recoverAfter: '60s' }
const STEP = { degrade: SMALLER, degradeTo: ['small'] }
const LATE_STEP = { ...STEP, degrade: { ...SMALLER, pressure: 0.65 } }

/** Answers, and says that so much is left of so many tokens, all of which come back in a minute. */
function left(tokens: number, limit = 1000): Handler {
  const headers = {
    'x-ratelimit-limit-tokens': String(limit),
    'x-ratelimit-remaining-tokens': String(tokens),
    'x-ratelimit-reset-tokens': '60s',
  }
  return whole(completion('answered'), { headers })
}

/**
 * A gateway at whose vendor `a` most of the quota is spent: it could be asked, but from now on the step is taken. `a` answers
 * what follows with `own`, the vendors after it with their scripts.
 */
async function pressed(
  t: TestContext,
  own: Handler,
  scripts: readonly Script[],
  models: object = { chat: model('a', STEP), small: model('b') },
  options: BenchOptions = {},
): Promise<Bench> {
  stopClock(t)
  const bench = await withModels(t, [[left(300), own], ...scripts], models, options)
  await bench.gateway.post(CHAT, asked({ model: 'a/m' }), { 'x-api-key': 'key-of-everybody' })
  return bench
}

async function degraded({ gateway }: Bench): Promise<string | null> {
  return (await gateway.post(CHAT, asked())).headers.get('x-sluice-degraded')
}

async function waitingForSmall({ gateway }: Bench, count: number): Promise<void> {
  const queue = gateway.app.api.live.snapshot.routes.get('small')?.queue
  while (queue?.depth !== count) await new Promise(resolve => setImmediate(resolve))
}

test('under lasting pressure the smaller model is asked first, until the pressure has long been gone', async (t: TestContext) => {
  const clock = stopClock(t)
  const models = { chat: model('a', { ...STEP, degrade: { ...SMALLER, after: '10s' } }), small: model('b') }
  const bench = await withModels(t, [left(300), ANSWERS], models)
  t.assert.equal(await degraded(bench), null, 'nothing is known of the quota yet')
  t.assert.equal(await degraded(bench), null, 'the pressure is new')
  clock.pass(10_000)
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.headers.get('x-sluice-degraded'), 'smaller, small')
  t.assert.equal(response.headers.get('x-sluice-target'), 'b/m')
  t.assert.equal(response.headers.get('x-sluice-attempts'), '1')
  t.assert.equal((await bench.gateway.ended(3)).degraded, 'smaller, small')
  t.assert.deepEqual(timesAsked(bench), [2, 1])

  // Nobody asks the model itself, so its quota is soon full again; that does not bring its calls back at once.
  clock.pass(50_000)
  t.assert.equal(await degraded(bench), 'smaller, small')
  clock.pass(59_000)
  t.assert.equal(await degraded(bench), 'smaller, small')
  clock.pass(1_000)
  t.assert.equal(await degraded(bench), null)
  t.assert.deepEqual(timesAsked(bench), [3, 3])
  const metrics = await bench.gateway.metrics()
  t.assert.equal(metrics.get('sluice_degraded_total{model="chat",step="smaller"}'), 3)
  t.assert.equal(metrics.get('sluice_degraded_total{model="chat",step="small"}'), 3)
})

for (const [path, body] of [
  [CHAT, asked({ stream: true })],
  [MESSAGES, askedMessage()],
  [MESSAGES, askedMessage({ stream: true })],
] as const) {
  const streams = 'stream' in body
  test(`the smaller model answers ${path} ${streams ? 'with a stream' : 'without a stream'}`, async (t: TestContext) => {
    const bench = await pressed(t, CRASH, [streams ? stream(chatStream('answered')) : ANSWERS])
    const response = await bench.gateway.post(path, body)
    t.assert.match(await response.text(), /answered/)
    t.assert.equal(response.headers.get('x-sluice-degraded'), 'smaller, small')
  })
}

test('where the smaller model fails the model itself answers, and its answer is not called less', async (t: TestContext) => {
  const bench = await pressed(t, ANSWERS, [CRASH])
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.status, 200)
  t.assert.equal(response.headers.get('x-sluice-degraded'), null)
  t.assert.equal(response.headers.get('x-sluice-target'), 'a/m')
  t.assert.equal(response.headers.get('x-sluice-failed'), 'b/m: upstream')
})

test('C5: an attempt that the retry budget could not pay for is not counted where the model itself makes up for it', async (t: TestContext) => {
  const options: BenchOptions = { config: { retryBudget: { ratio: 0, minPerSecond: 0 } } }
  const models = { chat: model('a', STEP), small: model('bc') }
  const bench = await pressed(t, ANSWERS, [CRASH, ANSWERS], models, options)
  t.assert.equal(await degraded(bench), null)
  t.assert.deepEqual(timesAsked(bench), [2, 1, 0])
  await bench.gateway.ended(2)
  t.assert.equal((await bench.gateway.metrics()).get('sluice_retries_unpaid_total'), 0)
})

test('who can be asked by nobody else is asked after the model itself, as ever', async (t: TestContext) => {
  const models = { chat: model('a', { ...STEP, lastResort: { provider: 'c', model: 'm' } }), small: model('b') }
  const bench = await pressed(t, CRASH, [CRASH, ANSWERS], models)
  t.assert.equal(await degraded(bench), 'last-resort')
  t.assert.deepEqual(timesAsked(bench), [2, 1, 1])
})

for (const [why, refusal] of [
  ['is wrong for the smaller model', INVALID],
  ['is too long for the smaller model', whole({ error: { code: 'context_length_exceeded' } }, { status: 400 })],
  ['the filter of the smaller model stops', FILTERED],
] as const) {
  test(`a call that ${why} is answered by the model itself`, async (t: TestContext) => {
    const bench = await pressed(t, ANSWERS, [refusal])
    const response = await bench.gateway.post(CHAT, asked())
    t.assert.match(await response.text(), /answered/)
    t.assert.equal(response.headers.get('x-sluice-degraded'), null)
    t.assert.deepEqual(timesAsked(bench), [2, 1])
  })
}

test('a call that the affinity of the smaller model cannot read is answered by the model itself', async (t: TestContext) => {
  const models = { chat: model('a', STEP), small: model('bc', { strategy: 'least-busy', affinity: { by: 'user' } }) }
  const bench = await pressed(t, ANSWERS, [ANSWERS, ANSWERS], models)
  const twice = '{"model":"chat","messages":[{"role":"user","content":"Hello"}],"user":"one","user":"two"}'
  const response = await bench.gateway.post(CHAT, twice)
  t.assert.equal(response.headers.get('x-sluice-target'), 'a/m')
  t.assert.deepEqual(timesAsked(bench), [2, 0, 0])
})

test('an answer that the filter of the smaller model stops is not kept for when the model itself cannot answer', async (t: TestContext) => {
  const bench = await pressed(t, CRASH, [FILTERED])
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.status, 500)
  t.assert.deepEqual(timesAsked(bench), [2, 1])
})

test('a refusal of the smaller model is believed where the model itself cannot answer', async (t: TestContext) => {
  const models = { chat: model('a', { ...STEP, canned: 'We are busy.' }), small: model('b') }
  const bench = await pressed(t, CRASH, [INVALID], models)
  const response = await bench.gateway.post(CHAT, asked())
  t.assert.equal(response.status, 400)
  t.assert.equal(response.headers.get('x-sluice-degraded'), null)
  t.assert.deepEqual(timesAsked(bench), [2, 1])
})

const WITH_FILE = asked({
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Sum this up.' },
        { type: 'file', file: { file_id: 'file-1' } },
      ],
    },
  ],
})

test('a call of which something would be lost is not sent elsewhere by choice', async (t: TestContext) => {
  const options: BenchOptions = { types: ['openai-compatible', 'anthropic'] }
  const bench = await pressed(t, left(300), [MESSAGE], undefined, options)
  t.assert.equal(await degraded(bench), 'smaller, small', 'a call without a file loses nothing')
  const response = await bench.gateway.post(CHAT, WITH_FILE)
  t.assert.equal(response.headers.get('x-sluice-target'), 'a/m')
  t.assert.equal(response.headers.get('x-sluice-losses'), null)
  t.assert.equal(response.headers.get('x-sluice-attempts'), '1')
})

test('a call of which something would be lost goes to the smaller model all the same where the model itself fails', async (t: TestContext) => {
  const models = { chat: model('a', { ...STEP, attempts: 2 }), small: model('b') }
  const options: BenchOptions = { types: ['openai-compatible', 'anthropic'] }
  const bench = await pressed(t, CRASH, [MESSAGE], models, options)
  const response = await bench.gateway.post(CHAT, WITH_FILE)
  t.assert.equal(response.status, 200)
  t.assert.equal(response.headers.get('x-sluice-degraded'), 'small')
  t.assert.equal(response.headers.get('x-sluice-losses'), 'messages.0.content.1')
  t.assert.deepEqual(timesAsked(bench), [2, 1])
})

for (const name of ['cachedContent', 'cached_content']) {
  test(`a call that names a cache of its vendor (${name}) is not sent by choice to a model that cannot have it`, async (t: TestContext) => {
    const candidate = { content: { role: 'model', parts: [{ text: 'answered' }] }, finishReason: 'STOP', index: 0 }
    const spent = left(300)
    const own: Handler = (seen, response) =>
      seen.url.includes('generateContent') ? whole({ candidates: [candidate] })(seen, response) : spent(seen, response)
    const targets = ['b', 'c', 'a'].map(provider => ({ provider, model: 'small' }))
    const models = { chat: model('a', STEP), small: { strategy: 'priority', targets } }
    const options: BenchOptions = { types: ['gemini', 'gemini', 'anthropic'] }
    const bench = await pressed(t, own, [own, MESSAGE], models, options)
    const answeredBy = async (members: object) => {
      const contents = [{ role: 'user', parts: [{ text: 'Hello' }] }]
      const response = await bench.gateway.post('/v1beta/models/chat:generateContent', { contents, ...members })
      return response.headers.get('x-sluice-target')
    }
    t.assert.equal(await answeredBy({}), 'b/small')
    t.assert.equal(await answeredBy({ [name]: 'cachedContents/abc' }), 'a/m')
    t.assert.equal(bench.upstream.requests.at(-1)?.body.includes('cachedContents/abc'), true)
    t.assert.deepEqual(timesAsked(bench), [2, 1, 0])
  })
}

test('of the targets of a smaller model those are asked first that lose nothing of the call', async (t: TestContext) => {
  const options: BenchOptions = { types: ['openai-compatible', 'anthropic', 'openai-compatible'] }
  const models = { chat: model('a', STEP), small: model('bc') }
  const bench = await pressed(t, CRASH, [MESSAGE, ANSWERS], models, options)
  const response = await bench.gateway.post(CHAT, WITH_FILE)
  t.assert.equal(response.headers.get('x-sluice-target'), 'c/m')
  t.assert.deepEqual(timesAsked(bench), [1, 0, 1])
})

test('C5: one of the attempts is kept for the model itself', async (t: TestContext) => {
  const models = { chat: model('a', { ...STEP, attempts: 2, retrySameTarget: true }), small: model('bc') }
  const bench = await pressed(t, ANSWERS, [CRASH, ANSWERS], models)
  t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 200)
  t.assert.deepEqual(timesAsked(bench), [2, 1, 0])
})

test('a smaller model is asked once, however many attempts are left', async (t: TestContext) => {
  const models = { chat: model('a', { ...STEP, attempts: 9, retrySameTarget: true }), small: model('b') }
  const bench = await pressed(t, ANSWERS, [CRASH], models)
  t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 200)
  t.assert.deepEqual(timesAsked(bench), [2, 1])
})

test('C7: a target that has failed the request is not asked again in the name of the next model', async (t: TestContext) => {
  const models = { chat: model('a', { ...STEP, degradeTo: ['small', 'tiny'] }), small: model('b'), tiny: model('bc') }
  const bench = await pressed(t, ANSWERS, [CRASH, ANSWERS], models)
  t.assert.equal(await degraded(bench), 'smaller, tiny')
  t.assert.deepEqual(timesAsked(bench), [1, 1, 1])
})

test('a smaller model that cannot be asked now costs no attempt', async (t: TestContext) => {
  const bench = await pressed(t, left(300), [LIMITED])
  const attempts = async () => (await bench.gateway.post(CHAT, asked())).headers.get('x-sluice-attempts')
  t.assert.equal(await attempts(), '2')
  t.assert.equal(await attempts(), '1')
  t.assert.deepEqual(timesAsked(bench), [3, 1])
})

test('a smaller model that is not well is not asked before one that is', async (t: TestContext) => {
  const health = { interval: '24h', unhealthyAfter: 1 }
  const bench = await pressed(t, ANSWERS, [ANSWERS], undefined, { provider: { health } })
  bench.gateway.app.api.live.snapshot.vendors.get('b')?.health?.report(false)
  t.assert.equal(await degraded(bench), null)
})

test('a target of the model itself is not asked in the name of a smaller one', async (t: TestContext) => {
  const bench = await pressed(t, left(300), [ANSWERS], { chat: model('a', STEP), small: model('ab') })
  t.assert.equal((await bench.gateway.post(CHAT, asked())).headers.get('x-sluice-target'), 'b/m')
  const failing = await pressed(t, left(300), [CRASH], { chat: model('a', STEP), small: model('ab') })
  t.assert.equal(await degraded(failing), null)
})

test('E16: a caller whose key does not allow the smaller model gets the one it asked for', async (t: TestContext) => {
  const keys = [
    { name: 'everybody', key: 'key-of-everybody' },
    { name: 'one', key: 'key-of-caller-one', models: ['chat'] },
  ]
  const models = { chat: model('a', STEP), small: model('b') }
  const bench = await pressed(t, left(300), [ANSWERS], models, { config: { keys } })
  const said = async (key: string) =>
    (await bench.gateway.post(CHAT, asked(), { 'x-api-key': key })).headers.get('x-sluice-degraded')
  t.assert.equal(await said('key-of-caller-one'), null)
  t.assert.equal(await said('key-of-everybody'), 'smaller, small')
})

test('A5: for a client that has left the model itself is not asked', async (t: TestContext) => {
  const bench = await pressed(t, ANSWERS, [silence()])
  const client = new Client(bench.gateway.url + CHAT, asked())
  const seen = await bench.upstreams[1]?.request(0)
  client.leave()
  t.assert.equal(await seen?.over, 'cut')
  t.assert.equal((await bench.gateway.ended(2)).status, 499)
  t.assert.deepEqual(timesAsked(bench), [1, 1])
})

test('a call that would have to wait for the model itself is answered by the smaller one at once', async (t: TestContext) => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const held: Handler = async (request, response) => {
    await released
    return ANSWERS(request, response)
  }
  const models = { chat: model('a', { ...STEP, queue: {} }), small: model('b') }
  const bench = await pressed(t, held, [ANSWERS], models, { provider: { limits: { concurrency: 1 } } })
  const other = bench.gateway.post(CHAT, asked({ model: 'a/m' }))
  await bench.upstream.request(1)
  t.assert.equal(await degraded(bench), 'smaller, small')
  release()
  t.assert.equal((await other).status, 200)
})

test('nobody waits for a smaller model that has too little left for the call', async (t: TestContext) => {
  // No call is taken to cost more than half of a limit, so less than that must be left.
  const models = { chat: model('a', { ...LATE_STEP, queue: {} }), small: model('b') }
  const bench = await pressed(t, left(300), [left(100, 250)], models)
  t.assert.equal(await degraded(bench), 'smaller, small')
  const messages = [{ role: 'user', content: 'word '.repeat(100) }]
  const response = await bench.gateway.post(CHAT, asked({ messages }))
  t.assert.equal(response.headers.get('x-sluice-target'), 'a/m')
  t.assert.equal(response.headers.get('x-sluice-queued-ms'), null)
})

test('those who wait for the smaller model are not overtaken', async (t: TestContext) => {
  const models = { chat: model('a', LATE_STEP), small: model('b', { queue: { maxWait: '2m' } }) }
  const bench = await pressed(t, left(300), [left(400)], models)
  await bench.gateway.post(CHAT, asked({ model: 'small' }))
  const long = { model: 'small', messages: [{ role: 'user', content: 'long '.repeat(400) }] }
  const client = new Client(bench.gateway.url + CHAT, long)
  await waitingForSmall(bench, 1)
  t.assert.equal(await degraded(bench), null)
  client.leave()
  await waitingForSmall(bench, 0)
  t.assert.equal(await degraded(bench), 'smaller, small')
})

test('a smaller model of which much is spent is left to those who ask for it', async (t: TestContext) => {
  const bench = await pressed(t, left(300), [left(500)])
  t.assert.equal(await degraded(bench), 'smaller, small')
  t.assert.equal(await degraded(bench), null, 'it is now as hard pressed as the step allows')
  t.assert.deepEqual(timesAsked(bench), [2, 1])
})

test('what is spent at the targets of the model itself is no pressure on a smaller one that has others', async (t: TestContext) => {
  const bench = await pressed(t, CRASH, [left(600)], { chat: model('a', STEP), small: model('ab') })
  t.assert.equal(await degraded(bench), 'smaller, small')
  t.assert.equal(await degraded(bench), 'smaller, small')
})

test('a smaller model that sends its own calls elsewhere is passed over for the one below it', async (t: TestContext) => {
  const models = {
    chat: model('a', STEP),
    small: model('b', { degrade: { ...SMALLER, pressure: 0.3 }, degradeTo: ['tiny'] }),
    tiny: model('c'),
  }
  const bench = await pressed(t, left(300), [left(600), ANSWERS], models)
  t.assert.equal(await degraded(bench), 'smaller, small')
  t.assert.equal(await degraded(bench), 'smaller, tiny')
})

test('a call is made cheaper as well where both steps are taken, and each name is told once', async (t: TestContext) => {
  const steps = [
    { name: 'short', maxTokens: 512 },
    { name: 'small', degradeTo: true },
  ]
  const models = { chat: model('a', { degrade: { ...SMALLER, steps }, degradeTo: ['small'] }), small: model('b') }
  const bench = await pressed(t, left(300), [ANSWERS], models)
  t.assert.equal(await degraded(bench), 'short')
  t.assert.equal(await degraded(bench), 'short, small')
  t.assert.match(String(bench.upstreams[1]?.requests[0]?.body), /"max_completion_tokens":512\b/)
})

test('vectors are asked of the model itself', async (t: TestContext) => {
  const bench = await pressed(t, ANSWERS, [ANSWERS])
  const response = await bench.gateway.post('/v1/embeddings', { model: 'chat', input: 'Hello' })
  t.assert.equal(response.headers.get('x-sluice-target'), 'a/m')
})

test('a response that its vendor shall keep goes to no vendor where the next turn would not look for it', async (t: TestContext) => {
  const other = { provider: 'a', model: 'm-small' }
  const models = { chat: model('a', STEP), small: { ...model('b'), targets: [{ provider: 'b', model: 'm' }, other] } }
  const bench = await pressed(t, RESPONSE, [RESPONSE], models, { types: ['openai', 'openai'] })
  const answeredBy = async (members: object) =>
    (await bench.gateway.post(RESPONSES, { model: 'chat', input: 'Hello', ...members })).headers.get('x-sluice-target')
  t.assert.equal(await answeredBy({ store: false }), 'b/m')
  t.assert.equal(await answeredBy({}), 'a/m-small')
  const next = await answeredBy({ previous_response_id: 'resp_1' })
  t.assert.equal(next, 'a/m', 'the next turn is led to its vendor')
})
