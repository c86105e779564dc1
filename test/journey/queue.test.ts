import { type TestContext, test } from 'node:test'
import { holdTime } from '../callers/clock.ts'
import type { Gateway } from '../helper.ts'
import { type Handler, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, completion } from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp, waiting } from './setup.ts'

const ANSWERS = whole(completion('answered'))
const CRASH = whole({ error: { message: 'crashed' } }, { status: 500 })
/** Twelve times around the clock: a header that would ban a vendor for days. */
const FOR_EVER = limited('99999')

function limited(seconds: string, ms?: number): Handler {
  const headers = { 'retry-after': seconds, ...(ms !== undefined && { 'retry-after-ms': String(ms) }) }
  return whole({ error: { message: 'slow down', type: 'rate_limit_error' } }, { status: 429, headers })
}

/** Answers so many calls, then refuses for so long (ms) from the first that is too many, and tells those when it answers again. */
function inBursts(count: number, ms: number): Handler {
  let taken = 0
  let opensAt = Number.POSITIVE_INFINITY
  return (request, response) => {
    const now = performance.now()
    if (now >= opensAt) {
      opensAt = Number.POSITIVE_INFINITY
      taken = 0
    }
    taken += 1
    if (taken <= count) return ANSWERS(request, response)
    if (opensAt === Number.POSITIVE_INFINITY) opensAt = now + ms
    return limited('1', Math.ceil(opensAt - now) + 1)(request, response)
  }
}

/** Limited for so long (ms) whenever it is asked first, then well. */
function onceLimited(ms: number): [Handler, Handler] {
  return [
    whole({ error: { message: 'slow down' } }, { status: 429, headers: { 'retry-after-ms': String(ms) } }),
    ANSWERS,
  ]
}

function code(response: Response): Promise<string> {
  return response.json().then(body => (body as { error: { code: string } }).error.code)
}

/** What another route of the same vendor would have been told meanwhile: to leave it alone for a minute. */
function rest(gateway: Gateway): void {
  const route = gateway.app.api.live.snapshot.routes.get('chat')
  route?.targets[0]?.candidates[0]?.gate.cooldown.extend(performance.now(), 60_000)
}

/** A vendor that has just asked to be left alone for so long (ms), and a gateway whose requests may wait for it; time stands still. */
async function withLimitedVendor(t: TestContext, ms: number, queue: object = {}, options: object = {}) {
  const { pass } = holdTime(t)
  const bench = await setUp(t, [onceLimited(ms)], { model: { queue }, ...options })
  const first = bench.gateway.post(CHAT, asked())
  await waiting(bench.gateway, 1)
  return { ...bench, first, pass }
}

test('a burst of three times the limit is answered without a 429, by a vendor that gives nothing but 429s beyond it', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [inBursts(10, 250)], { model: { attempts: 10, queue: {} } })
  const responses = await Promise.all(Array.from({ length: 30 }, () => gateway.post(CHAT, asked())))
  t.assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]))
  t.assert.ok(upstream.requests.length > 30, 'some had to wait')
  const metrics = await gateway.metrics()
  const waits = metrics.get('sluice_queue_wait_seconds_count{model="chat",outcome="served"}') ?? 0
  t.assert.ok(waits > 0)
  t.assert.equal(metrics.get('sluice_queue_depth{model="chat"}'), 0)
})

test('F12: a request waits for a cooldown to end, and says for how long it did; that is not the gateway being slow', async (t: TestContext) => {
  const { gateway, first, pass } = await withLimitedVendor(t, 200)
  pass(200)
  const response = await first
  t.assert.equal(response.status, 200)
  t.assert.equal(response.headers.get('x-sluice-queued-ms'), '200', 'in a header')
  t.assert.equal(response.headers.get('x-sluice-attempts'), '2')
  t.assert.equal(response.headers.get('x-sluice-overhead-ms'), '0.00')
  const line = await gateway.ended(1)
  t.assert.deepEqual([line.queuedMs, line.overheadMs], [200, 0], 'and in the log')
})

test('who is never refused never waits, and nothing is said of a queue', async t => {
  const { gateway } = await setUp(t, [ANSWERS], { model: { queue: {} } })
  const set = t.mock.method(globalThis, 'setTimeout')
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.headers.get('x-sluice-queued-ms'), null)
  t.assert.equal('queuedMs' in (await gateway.ended(1)), false)
  const ours = set.mock.calls.filter(({ stack }) => stack.stack?.includes('/src/'))
  t.assert.equal(ours.length, 0, 'no timer was set for it')
})

test('another target is asked before anybody waits, and the vendor that fails for good is not asked again', async t => {
  const { pass } = holdTime(t)
  const { gateway, upstreams } = await setUp(t, [onceLimited(100), ANSWERS], { model: { queue: {} } })
  t.assert.equal((await gateway.post(CHAT, asked())).headers.get('x-sluice-target'), 'b/m')
  t.assert.equal((await gateway.post(CHAT, asked())).headers.get('x-sluice-queued-ms'), null)
  upstreams[1]?.use(CRASH)
  const call = gateway.post(CHAT, asked())
  await waiting(gateway, 1)
  pass(100)
  t.assert.equal((await call).headers.get('x-sluice-target'), 'a/m', 'it waited for the one that was limited')
  t.assert.equal(upstreams[1]?.requests.length, 3)
})

test('a full queue answers at once, in the dialect of the client, with an honest retry-after', async (t: TestContext) => {
  const { gateway, upstream, first, pass } = await withLimitedVendor(t, 800, { maxDepth: 1 })
  const full = await gateway.post(CHAT, asked())
  const fullMessage = await gateway.post(MESSAGES, askedMessage())
  t.assert.equal(upstream.requests.length, 1, 'the limit is not over yet')
  t.assert.deepEqual([full.status, fullMessage.status], [503, 503])
  t.assert.equal(full.headers.get('retry-after'), '1')
  t.assert.equal(full.headers.get('retry-after-ms'), '1000', 'a guess is told in whole seconds')
  t.assert.equal(full.headers.get('x-sluice-queued-ms'), '0')
  t.assert.equal(await code(full), 'SLUICE_QUEUE_FULL')
  t.assert.equal(((await fullMessage.json()) as { error: { type: string } }).error.type, 'overloaded_error')
  pass(800)
  t.assert.equal((await first).status, 200)
  t.assert.equal(upstream.requests.length, 2, 'D8: who was refused has asked nobody')
})

test('all cooling for longer than the queue lets wait: told at once, with the time that it takes', async t => {
  const { gateway } = await setUp(t, [FOR_EVER, FOR_EVER], { model: { queue: {} } })
  for (let index = 0; index < 2; index += 1) {
    const response = await gateway.post(CHAT, asked())
    t.assert.equal(response.status, 503)
    t.assert.equal(await code(response), 'SLUICE_QUEUE_TOO_LONG')
    t.assert.equal(response.headers.get('retry-after'), '600', 'at most ten minutes: nobody is banned for days')
  }
})

test('D8: a request that was not served has cost the breaker nothing, and the next ones nothing', async t => {
  const { pass } = holdTime(t)
  const { gateway, upstream } = await setUp(t, [onceLimited(200)], {
    model: { queue: { maxWait: '50ms' } },
    provider: { breaker: { minimumCalls: 1, errorRate: 0.01 } },
  })
  for (let index = 0; index < 3; index += 1) t.assert.equal((await gateway.post(CHAT, asked())).status, 503)
  pass(200)
  t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  t.assert.equal(upstream.requests.length, 2)
})

test('time that is up while it waits is a 503 that says how long it was', async (t: TestContext) => {
  const { gateway, upstream, first, pass } = await withLimitedVendor(t, 100, { maxWait: '200ms' })
  rest(gateway)
  pass(200)
  const response = await first
  t.assert.deepEqual([response.status, await code(response)], [503, 'SLUICE_QUEUE_TIMEOUT'])
  t.assert.equal(response.headers.get('retry-after'), '60')
  t.assert.equal(response.headers.get('x-sluice-queued-ms'), '200')
  t.assert.equal(upstream.requests.length, 1)
})

test('who waits for a vendor that then refuses our key waits no longer, and that is told', async t => {
  const { gateway, upstream, first, pass } = await withLimitedVendor(t, 100)
  const route = gateway.app.api.live.snapshot.routes.get('chat')
  route?.targets[0]?.candidates[0]?.key.cooldown.extend(performance.now(), 60_000)
  pass(100)
  t.assert.equal((await first).status, 429, 'what the vendor has said last')
  t.assert.equal(upstream.requests.length, 1)
  await gateway.ended(1)
  const metrics = await gateway.metrics()
  t.assert.equal(metrics.get('sluice_queue_wait_seconds_count{model="chat",outcome="hopeless"}'), 1)
})

test('a client may wish for a shorter wait, and must know how to write it', async t => {
  const { gateway, first, pass } = await withLimitedVendor(t, 400, { maxWait: '1s' })
  const hasty = await gateway.post(CHAT, asked(), { 'x-sluice-max-wait': '50ms' })
  t.assert.deepEqual([hasty.status, await code(hasty)], [503, 'SLUICE_QUEUE_TOO_LONG'])
  const garbage = await gateway.post(CHAT, asked(), { 'x-sluice-max-wait': '-1' })
  t.assert.equal(garbage.status, 400)
  t.assert.match(await garbage.text(), /x-sluice-max-wait must be a duration/)
  pass(400)
  t.assert.equal((await first).status, 200)
})

test('a wish for a longer wait has no effect', async t => {
  const { gateway } = await setUp(t, [onceLimited(60_000)], { model: { queue: { maxWait: '100ms' } } })
  const patient = await gateway.post(CHAT, asked(), { 'x-sluice-max-wait': '1h' })
  t.assert.deepEqual([patient.status, await code(patient)], [503, 'SLUICE_QUEUE_TOO_LONG'])
})

test('a client that leaves has left the queue at once, and the vendor is not asked for it', async t => {
  const { gateway, upstream, first, pass } = await withLimitedVendor(t, 300)
  const client = new Client(gateway.url + CHAT, asked())
  await waiting(gateway, 2)
  client.leave()
  await waiting(gateway, 1)
  const line = await gateway.ended(1)
  t.assert.deepEqual([line.status, line.attempts], [499, undefined])
  pass(300)
  t.assert.equal((await first).status, 200)
  t.assert.equal(upstream.requests.length, 2)
  const metrics = await gateway.metrics()
  t.assert.equal(metrics.get('sluice_queue_wait_seconds_count{model="chat",outcome="gone"}'), 1)
})

/** The prompts that a vendor was asked, in order, when those of each wait behind one of somebody else; a word names each. */
async function servedOf(t: TestContext, keys: readonly object[], prompts: readonly (readonly [number, string])[]) {
  const callers = [{ share: 1 }, ...keys].map((key, who) => ({
    name: `caller-${who}`,
    key: `key-of-caller-${who}`,
    ...key,
  }))
  const { pass } = holdTime(t)
  const { gateway, upstream } = await setUp(t, [onceLimited(300)], { model: { queue: {} }, config: { keys: callers } })
  const all: Promise<Response>[] = []
  for (const [who, content] of [[0, 'first'], ...prompts] as const) {
    const body = asked({ messages: [{ role: 'user', content }] })
    all.push(gateway.post(CHAT, body, { authorization: `Bearer key-of-caller-${who}` }))
    await waiting(gateway, all.length)
  }
  pass(300)
  for (const response of await Promise.all(all)) t.assert.equal(response.status, 200)
  return upstream.requests.slice(2).map(({ body }) => JSON.parse(String(body)).messages[0].content.split(' ')[0])
}

test('callers are served by their shares', async t => {
  const waiters = [
    [1, 'a1'],
    [1, 'a2'],
    [2, 'b1'],
    [2, 'b2'],
    [2, 'b3'],
  ] as const
  t.assert.deepEqual(await servedOf(t, [{ share: 1 }, { share: 3 }], waiters), ['a1', 'b1', 'b2', 'b3', 'a2'])
})

test('shares are of tokens: who has a long prompt served waits for several short ones of another', async t => {
  const long = (name: string) => `${name} ${'word '.repeat(2_000)}`
  const waiters = [
    [1, long('a1')],
    [1, long('a2')],
    [2, 'b1'],
    [2, 'b2'],
    [2, 'b3'],
  ] as const
  t.assert.deepEqual(await servedOf(t, [{ share: 1 }, { share: 1 }], waiters), ['a1', 'b1', 'b2', 'b3', 'a2'])
})

test('interactive callers go before batch ones that came earlier', async t => {
  const keys = [
    { name: 'nightly', key: 'key-of-the-nightly-jobs', priority: 'batch' },
    { name: 'people', key: 'key-of-the-people', share: 2 },
  ]
  const { pass } = holdTime(t)
  const { gateway, upstream } = await setUp(t, [onceLimited(150)], { model: { queue: {} }, config: { keys } })
  const ask = (who: number, content: string) => {
    const body = asked({ messages: [{ role: 'user', content }] })
    return gateway.post(CHAT, body, { authorization: `Bearer ${keys[who]?.key}` })
  }
  const all = [ask(1, 'first')]
  await waiting(gateway, 1)
  all.push(ask(0, 'batch'))
  await waiting(gateway, 2)
  all.push(ask(1, 'interactive'))
  await waiting(gateway, 3)
  pass(150)
  for (const response of await Promise.all(all)) t.assert.equal(response.status, 200)
  const order = upstream.requests.map(({ body }) => /first|batch|interactive/.exec(String(body))?.[0])
  t.assert.deepEqual(order, ['first', 'first', 'interactive', 'batch'])
})

test('a gateway that must stop lets no one wait beyond its limit', async t => {
  const { gateway, first, pass } = await withLimitedVendor(
    t,
    60_000,
    { maxWait: '2m' },
    { config: { listen: { drain: '100ms' } } },
  )
  const closed = gateway.app.api.close()
  await gateway.logged(({ msg }) => msg === 'draining')
  pass(100)
  await closed
  const response = await first
  t.assert.deepEqual([response.status, await code(response)], [503, 'SLUICE_QUEUE_TIMEOUT'])
})

/** A stream that waits, for a vendor that is back after 400 ms; time stands still, and silence goes on where the test says so. */
async function withSilentWait(t: TestContext, path: string, body: object, queue: object) {
  const { pass } = holdTime(t)
  t.mock.timers.enable({ apis: ['setInterval'] })
  const bench = await setUp(t, [onceLimited(400)], { model: { queue: { keepAlive: true, ...queue } } })
  const client = new Client(bench.gateway.url + path, body)
  await waiting(bench.gateway, 1)
  // The interval of all deadlines, which is the process's, must not be left to a clock that stands still.
  t.after(() => t.mock.timers.tick(50))
  return { ...bench, client, pass, silence: () => t.mock.timers.tick(10_100) }
}

test('a stream that waits is begun after ten seconds of silence, kept alive by comments, and then answered', async t => {
  const { gateway, upstream, client, pass, silence } = await withSilentWait(t, CHAT, asked({ stream: true }), {})
  upstream.use(stream(chatStream('at last')))
  silence()
  await client.until(': waiting\n\n')
  silence()
  await client.until(': waiting\n\n: waiting\n\n')
  pass(400)
  const { status, headers } = await client.head()
  t.assert.equal(status, 200)
  t.assert.equal(headers['x-request-id'] !== undefined, true)
  const text = await client.whole()
  t.assert.equal(text.replaceAll(': waiting\n\n', ''), chatStream('at last').join(''))
  t.assert.equal((await gateway.ended(1)).code, undefined)
})

for (const [name, path, body, end] of [
  ['chat completions', CHAT, asked({ stream: true }), /\n\ndata: \{"error":\{[^\n]*SLUICE_QUEUE_TIMEOUT[^\n]*\}\n\n$/],
  [
    'messages',
    MESSAGES,
    askedMessage({ stream: true }),
    /\n\nevent: error\ndata: \{"type":"error"[^\n]*SLUICE_QUEUE_T/,
  ],
] as const) {
  test(`${name}: what goes wrong after that is an error event, for the status is said`, async t => {
    const { gateway, client, pass, silence } = await withSilentWait(t, path, body, { maxWait: '500ms' })
    rest(gateway)
    silence()
    await client.until(': waiting\n\n')
    pass(500)
    t.assert.equal(await client.over(), 'ended')
    t.assert.match(client.text, end)
    const { status, failure, queuedMs } = await gateway.ended(1)
    t.assert.deepEqual([status, failure, Number(queuedMs) > 0], [200, 'overloaded', true])
  })
}

test("so is a vendor's own refusal", async t => {
  const { gateway, upstream, client, pass, silence } = await withSilentWait(t, CHAT, asked({ stream: true }), {})
  upstream.use(whole({ error: { message: 'no such tool', type: 'invalid_request_error' } }, { status: 400 }))
  silence()
  await client.until(': waiting\n\n')
  pass(400)
  t.assert.match(await client.whole(), /\n\ndata: \{"error":\{[^\n]*no such tool/)
  t.assert.deepEqual([(await gateway.ended(1)).status, (await gateway.ended(1)).failure], [200, 'invalid'])
})

test('a call without a stream waits in silence', async t => {
  const { client, pass, silence } = await withSilentWait(t, CHAT, asked(), {})
  silence()
  pass(400)
  t.assert.equal(JSON.parse(await client.whole()).object, 'chat.completion')
})

test('so does a stream whose model has not opted in, so that its status is honest to the end', async t => {
  const { upstream, client, pass, silence } = await withSilentWait(t, CHAT, asked({ stream: true }), {
    keepAlive: false,
  })
  upstream.use(CRASH)
  silence()
  pass(400)
  t.assert.equal((await client.head()).status, 500)
})
