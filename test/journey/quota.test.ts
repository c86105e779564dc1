import { test } from 'node:test'
import { stopClock } from '../callers/clock.ts'
import { CUT, type Handler, silence, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, chatStreamWithUsage, completion, MESSAGE_START, messageStream } from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from './setup.ts'

const ANSWERS = whole(completion('answered'))

/** Answers, and says how many requests remain; the limit is whole again after 50 s. */
function remaining(count: number): Handler {
  const headers = { 'x-ratelimit-remaining-requests': String(count), 'x-ratelimit-reset-requests': '50s' }
  return whole(completion('answered'), { headers })
}

const LIMITS = { requestsPerMinute: 6 }

test('a vendor that says that nothing remains is not asked again: the next target answers before any 429', async t => {
  const { gateway, upstreams } = await setUp(t, [[remaining(1), remaining(0)], ANSWERS])
  const targets: (string | null)[] = []
  for (let turn = 0; turn < 4; turn += 1) {
    const response = await gateway.post(CHAT, asked())
    targets.push(`${response.status} ${response.headers.get('x-sluice-target')}`)
  }
  t.assert.deepEqual(targets, ['200 a/m', '200 a/m', '200 b/m', '200 b/m'])
  t.assert.equal(upstreams[0]?.requests.length, 2)
})

test('so it is with the answers of Anthropic, whose streams say it at their head', async t => {
  const headers = {
    'anthropic-ratelimit-requests-remaining': '0',
    'anthropic-ratelimit-requests-reset': new Date(Date.now() + 50_000).toISOString(),
  }
  const { gateway, upstream } = await setUp(t, [stream(messageStream('answered'), { headers })], {
    types: ['anthropic'],
  })
  const body = askedMessage({ stream: true })
  t.assert.match(await (await gateway.post(MESSAGES, body)).text(), /answered/)
  t.assert.equal((await gateway.post(MESSAGES, body)).status, 503)
  t.assert.equal(upstream.requests.length, 1)
})

test('C11: when no target has quota left, the client hears when the first of them has', async t => {
  stopClock(t)
  const { gateway } = await setUp(t, [remaining(0)])
  await gateway.post(CHAT, asked())
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.status, 503)
  t.assert.equal(response.headers.get('retry-after'), '50')
})

test('what the operator says that a vendor allows is not exceeded; another takes over', async t => {
  stopClock(t)
  const { gateway, upstreams } = await setUp(t, [ANSWERS, ANSWERS], { provider: { limits: LIMITS } })
  t.assert.equal((await gateway.post(CHAT, asked())).headers.get('x-sluice-target'), 'a/m')
  t.assert.equal((await gateway.post(CHAT, asked())).headers.get('x-sluice-target'), 'b/m')
  const third = await gateway.post(CHAT, asked())
  t.assert.equal(third.status, 503)
  t.assert.equal(third.headers.get('retry-after'), '10')
  t.assert.deepEqual(
    upstreams.map(({ requests }) => requests.length),
    [1, 1],
  )
})

test('the limits hold for a key, whatever model is asked with it, and for each key by itself', async t => {
  stopClock(t)
  const { gateway, upstream } = await setUp(t, [ANSWERS], {
    provider: { limits: LIMITS, apiKey: undefined, apiKeys: ['k1', 'k2'] },
  })
  const statuses: number[] = []
  for (const model of ['a/m', 'a/other', 'a/third']) statuses.push((await gateway.post(CHAT, asked({ model }))).status)
  t.assert.deepEqual(statuses, [200, 200, 503])
  t.assert.deepEqual(upstream.requests.map(({ headers }) => headers.authorization).sort(), ['Bearer k1', 'Bearer k2'])
})

test('a place among the calls at a time is held until the stream has ended, and free then', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const [first, ...rest] = chatStream('one', 'two')
  const { gateway, upstream } = await setUp(
    t,
    [stream([first as string, rest[0] as string, promise, ...rest.slice(1)])],
    {
      provider: { limits: { concurrency: 1 } },
    },
  )
  const client = new Client(gateway.url + CHAT, asked({ stream: true }))
  await client.until('one')
  t.assert.equal((await gateway.post(CHAT, asked({ stream: true }))).status, 503)
  resolve()
  await client.whole()
  await gateway.ended(2)
  t.assert.equal((await gateway.post(CHAT, asked({ stream: true }))).status, 200)
  t.assert.equal(upstream.requests.length, 2)
})

test('where the model has a queue, a call beyond the limit waits for its place and takes it', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const [role, ...rest] = chatStream('one')
  const { gateway, upstream } = await setUp(
    t,
    [stream([role as string, rest[0] as string, promise, ...rest.slice(1)])],
    {
      provider: { limits: { concurrency: 1 } },
      model: { queue: { maxWait: '5s' } },
    },
  )
  const first = new Client(gateway.url + CHAT, asked({ stream: true }))
  await first.until('one')
  const second = gateway.post(CHAT, asked({ stream: true }))
  for (let depth = 0; depth !== 1; ) depth = (await gateway.metrics()).get('sluice_queue_depth{model="chat"}') ?? 0
  t.assert.equal(upstream.requests.length, 1)
  resolve()
  t.assert.match(await (await second).text(), /one/)
  t.assert.equal(upstream.requests.length, 2)
})

test('a client that leaves gives its place back', async t => {
  const { gateway, upstream } = await setUp(t, [stream([...chatStream('one').slice(0, 2), new Promise(() => {})])], {
    provider: { limits: { concurrency: 1 } },
  })
  const client = new Client(gateway.url + CHAT, asked({ stream: true }))
  await client.until('one')
  client.leave()
  await gateway.ended(1)
  const next = new Client(gateway.url + CHAT, asked({ stream: true }))
  await next.until('one')
  next.leave()
  t.assert.equal(upstream.requests.length, 2)
})

// A bucket of 10 s' worth is 1000 tokens, and a call is taken for at most half of it.
const TOKENS = { provider: { limits: { tokensPerMinute: 6_000 } } }

for (const [name, script, body] of [
  ['an answer', ANSWERS, {}],
  ['a stream', stream(chatStreamWithUsage('answered')), { stream: true }],
] as const) {
  test(`${name} that used less than was set aside for it gives the rest back`, async t => {
    stopClock(t)
    const { gateway } = await setUp(t, [script], TOKENS)
    for (let turn = 1; turn <= 10; turn += 1) {
      const response = await gateway.post(CHAT, asked({ max_tokens: 400, ...body }))
      t.assert.equal(response.status, 200, `turn ${turn}`)
      await response.text()
      await gateway.ended(turn)
    }
  })
}

test('an answer that used far more than was set aside for it is owed', async t => {
  stopClock(t)
  const usage = { prompt_tokens: 1_000, completion_tokens: 5_000, total_tokens: 6_000 }
  const { gateway } = await setUp(t, [whole(completion('answered', { usage }))], TOKENS)
  await (await gateway.post(CHAT, asked())).text()
  await gateway.ended(1)
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.status, 503)
  const told = Number(response.headers.get('retry-after'))
  t.assert.equal(told >= 45 && told <= 55, true, `retry-after: ${told}`)
})

/** Two of them leave too little of the bucket for a third. */
const COSTLY = asked({ max_tokens: 400, stream: true })
const HEDGED = { model: { hedge: { after: '1ms', budget: 1 } } }

for (const [name, script, options, asks] of [
  ['breaks off before its content', stream([MESSAGE_START, CUT]), {}, 2],
  ['is overtaken by another one', stream([MESSAGE_START, new Promise(() => {})]), HEDGED, 2],
  ['refuses', whole({ error: { message: 'no' } }, { status: 500 }), {}, 3],
] as const) {
  const keeps = asks === 2 ? 'keeps what was set aside for its call' : 'gives back what was set aside for its call'
  test(`a vendor that ${name} ${keeps}`, async t => {
    stopClock(t)
    const { gateway, upstreams } = await setUp(t, [script, stream(chatStreamWithUsage('answered'))], {
      ...TOKENS,
      ...options,
      types: ['anthropic', 'openai-compatible'],
    })
    for (let turn = 1; turn <= 3; turn += 1) {
      t.assert.match(await (await gateway.post(CHAT, COSTLY)).text(), /answered/)
      await gateway.ended(turn)
    }
    t.assert.equal(upstreams[0]?.requests.length, asks)
  })
}

test('a call whose client has left keeps what was set aside for it: the vendor has counted it', async t => {
  stopClock(t)
  const { gateway, upstream } = await setUp(
    t,
    [[silence(), silence(), stream(chatStreamWithUsage('answered'))]],
    TOKENS,
  )
  for (const index of [0, 1]) {
    const client = new Client(gateway.url + CHAT, COSTLY)
    await upstream.request(index)
    client.leave()
    await gateway.ended(index + 1)
  }
  t.assert.equal((await gateway.post(CHAT, COSTLY)).status, 503)
})

test('the metrics show what is left of learned limits and how many calls may be under way', async t => {
  const { gateway } = await setUp(t, [remaining(3)], { provider: { limits: { concurrency: 7 } } })
  await gateway.post(CHAT, asked())
  await gateway.post(CHAT, asked({ model: 'a/other' }))
  const metrics = await gateway.metrics()
  const shown = [...metrics].filter(([name]) => name.startsWith('sluice_target_'))
  t.assert.deepEqual(Object.fromEntries(shown), {
    'sluice_target_quota_remaining{provider="a",model="m",key="0",limit="requests"}': 3,
    'sluice_target_concurrency_limit{provider="a",model="m",key="0"}': 7,
  })
})

test('a vendor without limits that says that it has too many calls is sent fewer at a time', async t => {
  const released = Promise.withResolvers<void>()
  const holds: Handler = async (seen, response) => {
    await released.promise
    return ANSWERS(seen, response)
  }
  const limited = whole({ error: { message: 'too many' } }, { status: 429 })
  const { gateway, upstream } = await setUp(t, [[holds, ...Array.from({ length: 8 }, () => holds), limited]])
  const calls = Array.from({ length: 9 }, () => gateway.post(CHAT, asked()))
  await upstream.request(8)
  t.assert.equal((await gateway.post(CHAT, asked())).status, 429)
  const limit = (await gateway.metrics()).get('sluice_target_concurrency_limit{provider="a",model="m",key="0"}')
  t.assert.equal(limit, 7)
  released.resolve()
  for (const { status } of await Promise.all(calls)) t.assert.equal(status, 200)
})
