import { test } from 'node:test'
import { startUpstream, whole } from '../upstream.ts'
import { completion } from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from './setup.ts'

const ANSWERS = whole(completion('answered'))

test('E14: a vendor whose certificate nobody vouches for is not spoken to', async t => {
  const upstream = await startUpstream(ANSWERS, { tls: true })
  t.after(() => upstream.close())
  const { gateway } = await setUp(t, [], {
    config: { providers: { a: { type: 'openai-compatible', baseUrl: upstream.url, apiKey: 'secret' } } },
  })
  const response = await gateway.post(CHAT, asked({ model: 'a/m' }))
  t.assert.equal(response.status, 502)
  const text = await response.text()
  t.assert.match(text, /certificate/)
  t.assert.doesNotMatch(text, /127\.0|\d{4,}|secret|\bat /)
  t.assert.equal(upstream.requests.length, 0, 'neither the key nor the prompt was sent')
})

test('trap 7a: the query of the client stays here, but for what the vendor understands', async t => {
  const { gateway, upstreams } = await setUp(t, [ANSWERS, ANSWERS], { types: ['openai-compatible', 'anthropic'] })
  await gateway.post(`${CHAT}?key=secret&beta=true`, asked())
  await gateway.post(`${MESSAGES}?beta=true&key=secret&beta[]=x`, askedMessage({ model: 'b/m' }))
  await gateway.post(`${MESSAGES}?beta=true&beta=false`, askedMessage({ model: 'b/m' }))
  t.assert.deepEqual(
    upstreams[0]?.requests.map(({ url }) => url),
    ['/v1/chat/completions'],
  )
  t.assert.deepEqual(
    upstreams[1]?.requests.map(({ url }) => url),
    ['/v1/messages?beta=true', '/v1/messages'],
  )
  await gateway.ended(3)
  t.assert.doesNotMatch(JSON.stringify(gateway.logs), /secret/)
})

test('trap 2: a header of the client reaches only a vendor that knows it', async t => {
  const { gateway, upstreams } = await setUp(t, [ANSWERS, ANSWERS], { types: ['openai-compatible', 'anthropic'] })
  const headers = {
    authorization: 'Bearer of-the-client',
    'x-api-key': 'of-the-client',
    cookie: 'of-the-client',
    'x-forwarded-for': '10.0.0.1',
    'accept-encoding': 'gzip',
    'anthropic-beta': 'context-1m',
    'x-custom': 'of-the-client',
  }
  await gateway.post(CHAT, asked(), headers)
  await gateway.post(MESSAGES, askedMessage({ model: 'b/m' }), headers)
  const [first, second] = upstreams.map(({ requests }) => requests[0]?.headers ?? {})
  for (const seen of [first, second]) {
    t.assert.doesNotMatch(JSON.stringify(seen), /of-the-client|10\.0\.0\.1/)
    t.assert.equal(seen?.['accept-encoding'], 'identity')
  }
  t.assert.equal(first?.['anthropic-beta'], undefined)
  t.assert.equal(second?.['anthropic-beta'], 'context-1m')
  t.assert.equal(second?.['x-api-key'], 'key-of-b')
})

test('nothing of the head of an answer is passed on but the id by which the vendor knows it', async t => {
  const head = {
    'set-cookie': 'a=1',
    'openai-organization': 'org-1',
    'x-ratelimit-remaining-requests': '7',
    server: 'vendor',
    'x-request-id': 'of-the-vendor',
    'transfer-encoding': 'chunked',
  }
  const { gateway } = await setUp(t, [
    (_seen, response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...head })
      response.end(JSON.stringify(completion()))
    },
  ])
  const { headers } = await gateway.post(CHAT, asked())
  t.assert.equal(headers.get('x-sluice-upstream-id'), 'of-the-vendor')
  t.assert.notEqual(headers.get('x-request-id'), 'of-the-vendor')
  for (const name of ['set-cookie', 'openai-organization', 'x-ratelimit-remaining-requests', 'server']) {
    t.assert.equal(headers.get(name), null, name)
  }
})
