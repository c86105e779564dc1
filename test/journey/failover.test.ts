import dns from 'node:dns'
import { test } from 'node:test'
import { type Handler, reset, startUpstream, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, completion, message, messageStream } from './frames.ts'
import { asked, askedMessage, attemptsOf, CHAT, MESSAGES, setUp } from './setup.ts'

const CRASH = whole({ error: { message: 'crashed', type: 'server_error' } }, { status: 500 })
const ANSWERS = whole(completion('answered'))
const STREAM = asked({ stream: true })

test('C5: the attempts of one request end at the number that is set, whatever there is to try', async t => {
  const { gateway, upstreams } = await setUp(t, [CRASH, CRASH, CRASH, CRASH, CRASH], { model: { attempts: 3 } })
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.status, 500)
  t.assert.equal(response.headers.get('x-sluice-attempts'), '3')
  t.assert.deepEqual(
    upstreams.map(({ requests }) => requests.length),
    [1, 1, 1, 0, 0],
  )
})

test('C5: keys of one vendor count as attempts, too', async t => {
  const limited = whole({ error: { message: 'slow down' } }, { status: 429, headers: { 'retry-after': '30' } })
  const { gateway, upstream } = await setUp(t, [limited], {
    provider: { apiKey: undefined, apiKeys: ['k1', 'k2', 'k3', 'k4'] },
    model: { attempts: 2 },
  })
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.status, 429)
  t.assert.equal(upstream.requests.length, 2)
})

test('C6: the next target gets the identical body', async t => {
  const { gateway, upstreams } = await setUp(t, [CRASH, reset(), ANSWERS])
  const body = '{"model":"chat","messages":[{"role":"user","content":"日本"}],"seed":12345678901234567890}'
  t.assert.equal((await gateway.post(CHAT, body)).status, 200)
  const sent = upstreams.map(({ requests }) => requests.map(request => String(request.body)))
  t.assert.deepEqual(sent, Array(3).fill([body.replace('"chat"', '"m"')]))
  const keys = upstreams.map(({ requests }) => requests[0]?.headers.authorization)
  t.assert.deepEqual(keys, ['Bearer key-of-a', 'Bearer key-of-b', 'Bearer key-of-c'], 'and its own key')
})

test('C6: so does a target of another dialect: the same messages in its own words', async t => {
  const { gateway, upstreams } = await setUp(t, [CRASH, whole(message('answered'))], {
    types: ['openai-compatible', 'anthropic'],
  })
  const response = await gateway.post(CHAT, asked({ max_tokens: 9 }))
  t.assert.match(await response.text(), /"content":"answered"/)
  const sent = JSON.parse(String(upstreams[1]?.requests[0]?.body))
  t.assert.equal(sent.model, 'm')
  t.assert.match(JSON.stringify(sent.messages), /Hello/)
})

test('C7: no target is asked twice in one request', async t => {
  const { gateway, upstreams } = await setUp(t, [CRASH, CRASH], { model: { attempts: 10 } })
  await gateway.post(CHAT, asked())
  t.assert.deepEqual(
    upstreams.map(({ requests }) => requests.length),
    [1, 1],
  )
  const { tried } = await gateway.ended(1)
  t.assert.deepEqual(tried, ['a/m: upstream (status 500)', 'b/m: upstream (status 500)'])
})

test('C7: nor with another of its keys, for a crash is not the fault of one', async t => {
  const { gateway, upstreams } = await setUp(t, [CRASH, ANSWERS], {
    provider: { apiKey: undefined, apiKeys: ['k1', 'k2'] },
  })
  t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  t.assert.deepEqual(
    upstreams.map(({ requests }) => requests.length),
    [1, 1],
  )
})

for (const [name, path, body] of [
  ['chat completions', CHAT, asked()],
  ['streamed chat completions', CHAT, STREAM],
  ['messages', MESSAGES, askedMessage()],
  ['streamed messages', MESSAGES, askedMessage({ stream: true })],
] as const) {
  test(`C8: ${name}: the next target answers, and nothing of the failed one shows (trap 4)`, async t => {
    const failing = whole(
      { error: { message: 'secret words' } },
      {
        status: 503,
        headers: { 'set-cookie': 'a=1', 'openai-organization': 'org-a', 'x-request-id': 'of-a', server: 'a' },
      },
    )
    const good = 'stream' in body ? stream(chatStream('answered')) : ANSWERS
    const { gateway } = await setUp(t, [failing, good])
    const response = await gateway.post(path, body)
    t.assert.equal(response.status, 200)
    t.assert.match(await response.text(), /answered/)
    const names = ['set-cookie', 'openai-organization', 'server', 'retry-after', 'x-sluice-upstream-id']
    t.assert.deepEqual(
      names.filter(header => response.headers.has(header)),
      [],
    )
    t.assert.equal(response.headers.get('x-sluice-target'), 'b/m')
    t.assert.equal(response.headers.get('x-sluice-attempts'), '2')
    t.assert.equal((await gateway.metrics()).get('sluice_fallbacks_total'), 1)
  })
}

for (const [name, baseUrl] of [
  ['a refused connection', 'http://127.0.0.1:1'],
  ['an unknown host', 'http://vendor.invalid'],
] as const) {
  test(`C10: ${name} reaches the next target, and is a 502 that names no address where there is none`, async t => {
    const upstream = await startUpstream(ANSWERS)
    t.after(() => upstream.close())
    const provider = (url: string) => ({ type: 'openai-compatible', baseUrl: url })
    const { gateway } = await setUp(t, [], {
      config: {
        providers: { dead: provider(baseUrl), well: provider(upstream.url) },
        models: {
          chat: {
            strategy: 'priority',
            targets: [
              { provider: 'dead', model: 'm' },
              { provider: 'well', model: 'm' },
            ],
          },
        },
      },
    })
    t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
    const response = await gateway.post(CHAT, asked({ model: 'dead/m' }))
    t.assert.equal(response.status, 502)
    const text = await response.text()
    t.assert.match(text, /SLUICE_UPSTREAM_NETWORK/)
    t.assert.doesNotMatch(text, /127|:1\b|\.invalid|\bat /)
  })
}

test('C10: a vendor whose certificate cannot be verified reaches the next target, and is a 502 alone', async t => {
  const [stranger, well] = await Promise.all([startUpstream(ANSWERS, { tls: true }), startUpstream(ANSWERS)])
  t.after(() => Promise.all([stranger.close(), well.close()]))
  const { gateway } = await setUp(t, [], {
    config: {
      providers: {
        stranger: { type: 'openai-compatible', baseUrl: stranger.url },
        well: { type: 'openai-compatible', baseUrl: well.url },
      },
      models: {
        chat: { strategy: 'priority', targets: ['stranger', 'well'].map(provider => ({ provider, model: 'm' })) },
      },
    },
  })
  for (const body of [asked(), asked()]) t.assert.equal((await gateway.post(CHAT, body)).status, 200)
  t.assert.equal((await gateway.post(CHAT, asked({ model: 'stranger/m' }))).status, 502)
})

test('C10: a connection that does not come about in time reaches the next target, and is a 504 alone', async t => {
  const resolve = dns.lookup as (name: string, options: object, done: () => void) => void
  // A resolver that never answers holds a connection up as a dead router would.
  t.mock.method(dns, 'lookup', (name: string, options: object, done: () => void) => {
    if (name !== 'lost.invalid') resolve(name, options, done)
  })
  const well = await startUpstream(ANSWERS)
  t.after(() => well.close())
  const provider = (baseUrl: string, timeouts = {}) => ({ type: 'openai-compatible', baseUrl, timeouts })
  const { gateway } = await setUp(t, [], {
    config: {
      providers: { lost: provider('http://lost.invalid', { connect: '50ms' }), well: provider(well.url) },
      models: {
        chat: { strategy: 'priority', targets: ['lost', 'well'].map(name => ({ provider: name, model: 'm' })) },
      },
    },
  })
  t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  const response = await gateway.post(CHAT, asked({ model: 'lost/m' }))
  t.assert.equal(response.status, 504)
  t.assert.match(await response.text(), /SLUICE_UPSTREAM_TIMEOUT.*connection|connection.*SLUICE_UPSTREAM_TIMEOUT/)
})

for (const status of [408, 429, 500, 502, 503, 504, 529]) {
  test(`C10: a ${status} reaches the next target, with and without a stream`, async t => {
    const failing = whole({ error: { message: 'no' } }, { status })
    const good: Handler = (seen, response) =>
      (String(seen.body).includes('"stream":true') ? stream(chatStream('answered')) : ANSWERS)(seen, response)
    const { gateway } = await setUp(t, [failing, good])
    for (const body of [asked(), STREAM]) {
      const response = await gateway.post(CHAT, body)
      t.assert.equal(response.status, 200)
      t.assert.equal(response.headers.get('x-sluice-target'), 'b/m')
      t.assert.match(await response.text(), /answered/)
    }
  })
}

test('trap 6: nothing is retried behind our back: a 503 to any call is asked once', async t => {
  const busy = whole({ error: { message: 'busy' } }, { status: 503, headers: { 'retry-after': '1' } })
  const { gateway, upstream } = await setUp(t, [busy])
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.status, 503)
  t.assert.equal(response.headers.get('retry-after'), '1', 'B35: what the vendor asks for reaches the client')
  t.assert.equal(response.headers.get('retry-after-ms'), '1000')
  t.assert.equal(upstream.requests.length, 1)
})

test('an error page of a proxy is told in the words of the client, whatever it says', async t => {
  const page = whole('<html>nginx at 10.1.2.3</html>', { status: 502, headers: { 'content-type': 'text/html' } })
  const { gateway } = await setUp(t, [page])
  for (const [path, body] of [
    [CHAT, asked()],
    [MESSAGES, askedMessage()],
  ] as const) {
    const response = await gateway.post(path, body)
    t.assert.match(String(response.headers.get('content-type')), /^application\/json/)
    const text = await response.text()
    t.assert.equal(typeof JSON.parse(text).error.message, 'string')
    t.assert.doesNotMatch(text, /nginx|10\.1/)
  }
})

test('E11: a redirect is a failed attempt, not an answer', async t => {
  const elsewhere = await startUpstream(ANSWERS)
  t.after(() => elsewhere.close())
  const redirect = whole('{}', { status: 307, headers: { location: `${elsewhere.url}/v1/chat/completions` } })
  const { gateway, upstreams } = await setUp(t, [redirect, ANSWERS])
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.status, 200)
  t.assert.equal(response.headers.get('location'), null)
  t.assert.equal(elsewhere.requests.length, 0)
  t.assert.equal(upstreams[1]?.requests.length, 1)
})

test('C25: hundreds of refusals with bodies of 200 KB do not stall a pool of two', async t => {
  const large = whole({ error: { message: 'x'.repeat(200_000) } }, { status: 429, headers: { 'retry-after-ms': '1' } })
  const { gateway } = await setUp(t, [large], { provider: { connections: 2 } })
  let refused = 0
  // A target that limits us rests: some are refused without asking it.
  while (refused < 200) {
    const responses = await Promise.all(Array.from({ length: 50 }, () => gateway.post(CHAT, asked())))
    for (const response of responses) {
      if (response.status === 429) refused += 1
      await response.arrayBuffer()
    }
  }
  t.assert.equal((await attemptsOf(gateway, 'a', 'limited')) >= 200, true)
})

test('C25: nor do streams that end in a refusal', async t => {
  const large: Handler = (seen, response) =>
    whole({ error: { message: 'x'.repeat(200_000) } }, { status: 500 })(seen, response)
  const { gateway, upstream } = await setUp(t, [large], {
    provider: { connections: 2, breaker: { minimumCalls: 10_000 } },
  })
  const clients = Array.from({ length: 100 }, () => new Client(gateway.url + CHAT, STREAM))
  for (const client of clients) t.assert.equal(await client.over(), 'ended')
  t.assert.equal(upstream.requests.length, 100)
  t.assert.equal(upstream.connections <= 2, true)
})

test('C8: a stream of another dialect takes over in the words of the client', async t => {
  const { gateway } = await setUp(t, [CRASH, stream(messageStream('answered'))], {
    types: ['openai-compatible', 'anthropic'],
  })
  const text = await new Client(gateway.url + CHAT, STREAM).whole()
  t.assert.match(text, /"content":"answered"/)
  t.assert.match(text, /\[DONE\]/)
})
