import { type TestContext, test } from 'node:test'
import { startGateway } from '../helper.ts'
import { completion } from '../journey/frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { startUpstream, whole } from '../upstream.ts'

/** Names by which a URL that is glued together would lead elsewhere, or out of the path it should stay in. */
const CROOKED = [
  'a/../x',
  'a/..',
  'a/./x',
  'a/x/../../admin',
  'a//x',
  'a/x/',
  'a/',
  'a/x.evil.test#',
  'a/x?y=1',
  'a/x y',
  'a/x%2f..%2fy',
  'a/x\\..\\y',
  'a/x\r\nx-injected: 1',
  'a/x\u0000',
  'a/\uff0e\uff0e/x',
  'a/\u212a',
  'http://evil.test/x',
  '//evil.test/x',
  '@evil.test/x',
]

test('E9: a model name that could bend a URL is refused before any vendor hears of it', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())])
  for (const model of CROOKED) {
    const chat = await gateway.post(CHAT, asked({ model }))
    t.assert.ok(chat.status === 400 || chat.status === 404, `${JSON.stringify(model)}: ${chat.status}`)
    const message = await gateway.post(MESSAGES, askedMessage({ model }))
    t.assert.ok(message.status === 400 || message.status === 404, `${JSON.stringify(model)}: ${message.status}`)
  }
  t.assert.equal(upstream.requests.length, 0)
})

test('E8: a model name with @ or : stays a name, at the address of the config', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())])
  for (const model of ['x@evil.test', '@evil.test', 'x:443@evil.test', 'meta-llama/Llama-3:free']) {
    const response = await gateway.post(CHAT, asked({ model: `a/${model}` }))
    t.assert.equal(response.status, 200)
    const seen = upstream.requests.at(-1)
    t.assert.equal(seen?.url, '/v1/chat/completions')
    t.assert.equal(seen?.headers.host, new URL(upstream.url).host)
    t.assert.equal((JSON.parse(String(seen?.body)) as { model: string }).model, model)
  }
})

test('E8: no header, query or member of a request chooses where it goes', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())])
  const elsewhere = await startUpstream(whole(completion()))
  t.after(() => elsewhere.close())
  const host = new URL(elsewhere.url).host
  const headers = {
    'x-forwarded-host': host,
    'x-original-url': elsewhere.url,
    'x-portkey-custom-host': elsewhere.url,
    'x-upstream': elsewhere.url,
    'x-base-url': elsewhere.url,
    'openai-base-url': elsewhere.url,
    forwarded: `host=${host}`,
  }
  const members = {
    base_url: elsewhere.url,
    baseUrl: elsewhere.url,
    api_base: elsewhere.url,
    provider: 'evil',
    upstream: host,
  }
  for (const path of [CHAT, MESSAGES]) {
    const response = await gateway.post(
      `${path}?base_url=${encodeURIComponent(elsewhere.url)}&key=of-mine`,
      askedMessage(members),
      headers,
    )
    t.assert.equal(response.status, 200)
  }
  t.assert.deepEqual(
    upstream.requests.map(({ url, headers }) => [url, headers.host]),
    Array(2).fill(['/v1/chat/completions', new URL(upstream.url).host]),
  )
  t.assert.equal(elsewhere.requests.length, 0)
})

test('E11: a redirect is not followed, and nothing of it reaches the client', async (t: TestContext) => {
  const elsewhere = await startUpstream(whole(completion()))
  t.after(() => elsewhere.close())
  const location = `${elsewhere.url}/v1/chat/completions`
  const { gateway, upstream } = await setUp(t, [whole('moved', { status: 302, headers: { location } })])
  for (const status of [301, 302, 303, 307, 308]) {
    upstream.use(whole('moved', { status, headers: { location } }))
    for (const stream of [false, true]) {
      const response = await gateway.post(CHAT, asked({ stream }))
      const text = await response.text()
      t.assert.equal(response.status, 502, `${status} with stream ${stream}`)
      t.assert.equal(response.headers.get('location'), null)
      t.assert.ok(!text.includes(elsewhere.url) && !text.includes('moved'), text)
    }
  }
  t.assert.equal(elsewhere.requests.length, 0)
})

/** What a client may send that is its own business, or its way to us. */
const OF_THE_CLIENT = {
  authorization: 'Bearer key-of-the-caller-1',
  'x-api-key': 'key-of-the-caller-1',
  'x-goog-api-key': 'key-of-the-caller-1',
  cookie: 'session=canary-cookie',
  'proxy-authorization': 'Basic canary-proxy',
  'x-forwarded-for': '10.9.8.7',
  'x-forwarded-host': 'canary.test',
  'x-forwarded-proto': 'https',
  forwarded: 'for=10.9.8.7',
  'x-real-ip': '10.9.8.7',
  via: '1.1 canary',
  referer: 'http://canary.test/',
  'accept-encoding': 'gzip, br',
  'user-agent': 'canary/1.0',
  'x-stainless-os': 'canary',
  'openai-organization': 'org-canary',
  'x-sluice-target': 'canary',
}

const SENT_TO_OPENAI = [
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'host',
  'user-agent',
]

test('E13: a vendor is sent the headers of an allow-list, with the key of the config', async (t: TestContext) => {
  const keys = [{ name: 'caller', key: 'key-of-the-caller-1' }]
  const { gateway, upstreams } = await setUp(t, [whole(completion()), whole({})], {
    types: ['openai-compatible', 'anthropic'],
    config: { keys },
  })
  await gateway.post(CHAT, asked({ model: 'a/m' }), OF_THE_CLIENT)
  const openai = await upstreams[0]?.request(0)
  t.assert.deepEqual(Object.keys(openai?.headers ?? {}).sort(), SENT_TO_OPENAI)
  t.assert.equal(openai?.headers.authorization, 'Bearer key-of-a')
  t.assert.equal(openai?.headers['user-agent'], 'sluice')
  t.assert.equal(openai?.headers['accept-encoding'], 'identity')

  await gateway.post(MESSAGES, askedMessage({ model: 'b/m' }), { ...OF_THE_CLIENT, 'anthropic-beta': 'tools-1' })
  const anthropic = await upstreams[1]?.request(0)
  t.assert.equal(anthropic?.headers['x-api-key'], 'key-of-b')
  t.assert.equal(anthropic?.headers['anthropic-beta'], 'tools-1')
  t.assert.equal(anthropic?.headers.authorization, undefined)
  t.assert.doesNotMatch(JSON.stringify([openai, anthropic]), /canary|key-of-the-caller|10\.9\.8\.7/)
})

test("E13: of a vendor's answer the client is sent no cookie, organisation or server", async (t: TestContext) => {
  const told = {
    'set-cookie': ['session=canary-cookie', 'other=canary'],
    'openai-organization': 'org-canary',
    'openai-project': 'proj-canary',
    server: 'canary',
    via: 'canary',
    'x-ratelimit-remaining-requests': '777',
    'access-control-allow-origin': '*',
    'strict-transport-security': 'max-age=1',
    'x-request-id': 'req-of-the-vendor',
  }
  const { gateway, upstream } = await setUp(t, [whole(completion(), { headers: told })])
  for (const script of [
    whole(completion(), { headers: told }),
    whole({ error: { message: 'no' } }, { status: 422, headers: told }),
  ]) {
    upstream.use(script)
    const { headers } = await gateway.post(CHAT, asked())
    t.assert.doesNotMatch(JSON.stringify([...headers]), /canary|777|access-control|transport-security/)
    t.assert.equal(headers.get('x-sluice-upstream-id'), 'req-of-the-vendor')
    t.assert.notEqual(headers.get('x-request-id'), 'req-of-the-vendor')
  }
})

test('E17: a vendor that cannot be reached leaves no address, port or stack in the answer', async (t: TestContext) => {
  const gone = await startUpstream(whole({}))
  await gone.close()
  const gateway = await startGateway({
    providers: {
      gone: { type: 'openai-compatible', baseUrl: gone.url },
      nowhere: { type: 'openai-compatible', baseUrl: 'http://canary-host.invalid:9' },
    },
  })
  t.after(() => gateway.close())
  for (const model of ['gone/m', 'nowhere/m']) {
    for (const path of [CHAT, MESSAGES]) {
      const response = await gateway.post(path, askedMessage({ model }))
      const text = await response.text()
      t.assert.equal(response.status, 502)
      t.assert.doesNotMatch(text, /127\.0\.0\.1|canary-host|ECONN|ENOTFOUND|:\d{2,5}|\bat .*\.[jt]s/)
    }
  }
})
