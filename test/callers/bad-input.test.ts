import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { completion } from '../journey/frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { sendRaw } from '../security/raw.ts'
import { whole } from '../upstream.ts'

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: RegExp
  readonly param?: string
  readonly chatType?: string
  readonly messageType?: string
}

const INVALID = { chatType: 'invalid_request_error', messageType: 'invalid_request_error' }
const JSON_BROKEN: Refusal = {
  status: 400,
  code: 'SLUICE_REQUEST_JSON',
  message: /^The request body is not valid JSON: /,
  ...INVALID,
}
const EMPTY: Refusal = {
  status: 400,
  code: 'SLUICE_REQUEST_EMPTY',
  message: /^The request has no body; send a JSON object\.$/,
  ...INVALID,
}
const invalid = (message: RegExp, param?: string): Refusal => ({
  status: 400,
  code: 'SLUICE_REQUEST_INVALID',
  message,
  ...(param !== undefined && { param }),
  ...INVALID,
})

/** What is sent, and what comes back on both routes. */
const TABLE: readonly (readonly [string, string, Refusal])[] = [
  ['nothing', '', EMPTY],
  ['half an object', '{"model": "chat", "messages": [', JSON_BROKEN],
  ['single quotes', "{'model': 'chat'}", JSON_BROKEN],
  ['a comment', '{"model": "chat" /* which */}', JSON_BROKEN],
  ['a comma too many', '{"model": "chat",}', JSON_BROKEN],
  ['text behind it', '{"model": "chat"} and more', JSON_BROKEN],
  ['a word', 'hello', JSON_BROKEN],
  ['a form', 'model=chat&messages=x', JSON_BROKEN],
  ['a list', '[{"model": "chat"}]', JSON_BROKEN],
  ['a string', '"chat"', JSON_BROKEN],
  ['null', 'null', JSON_BROKEN],
  ['bytes', '\u0000\u0001\u0002', JSON_BROKEN],
  ['no model', '{"messages": []}', invalid(/^you must provide a model parameter$/, 'model')],
  ['a null model', '{"model": null}', invalid(/^model must be a string$/, 'model')],
  ['a number as model', '{"model": 4}', invalid(/^model must be a string$/, 'model')],
  ['an object as model', '{"model": {"name": "chat"}}', invalid(/^model must be a string$/, 'model')],
  ['an empty model', '{"model": ""}', invalid(/^model must not be empty$/, 'model')],
  ['two models', '{"model": "chat", "model": "a/m"}', invalid(/model/, 'model')],
  ['a string as stream', '{"model": "chat", "stream": "true"}', invalid(/^stream must be true or false$/, 'stream')],
  ['a number as stream', '{"model": "chat", "stream": 1}', invalid(/^stream must be true or false$/, 'stream')],
  [
    'an unknown model',
    '{"model": "caht"}',
    {
      status: 404,
      code: 'SLUICE_ROUTE_MODEL_UNKNOWN',
      message: /^The model "caht" is not known; did you mean "chat"\?$/,
      param: 'model',
      chatType: 'invalid_request_error',
      messageType: 'not_found_error',
    },
  ],
  [
    'an unknown provider',
    '{"model": "nobody/x"}',
    {
      status: 404,
      code: 'SLUICE_ROUTE_MODEL_UNKNOWN',
      message: /^The model "nobody\/x" is not known\. Known names: chat, a\/MODEL\.$/,
      param: 'model',
      chatType: 'invalid_request_error',
      messageType: 'not_found_error',
    },
  ],
]

for (const [name, body, refusal] of TABLE) {
  const id = refusal.status === 404 ? 'F3' : 'F7'
  test(`${id}: ${name} is refused in the words of both dialects, without a stack or a vendor`, async (t: TestContext) => {
    const { gateway, upstream } = await setUp(t, [whole(completion())])
    const chat = await gateway.post(CHAT, body)
    t.assert.equal(chat.status, refusal.status)
    t.assert.match(chat.headers.get('content-type') ?? '', /^application\/json/)
    const { error } = (await chat.json()) as { error: Record<string, unknown> }
    t.assert.match(String(error.message), refusal.message)
    t.assert.deepEqual(error, {
      message: error.message,
      type: refusal.chatType,
      param: refusal.param ?? null,
      code: refusal.code,
    })
    const message = await gateway.post(MESSAGES, body)
    t.assert.equal(message.status, refusal.status)
    const written = (await message.json()) as { error: Record<string, unknown> }
    t.assert.deepEqual(written, {
      type: 'error',
      error: { type: refusal.messageType, message: written.error.message, code: refusal.code },
      request_id: message.headers.get('request-id'),
    })
    t.assert.match(String(written.error.message), refusal.message)
    t.assert.equal(upstream.requests.length, 0)
    t.assert.ok(!gateway.logs.some(({ level }) => level >= 50), 'a client cannot write errors into the log')
    t.assert.equal((await gateway.ended(1)).code, refusal.code)
  })
}

test('F7: members of the wrong type are refused by name where the call has to be read', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole({})], { types: ['anthropic'] })
  const post = async (members: object) => {
    const response = await gateway.post(CHAT, asked(members))
    const { error } = (await response.json()) as { error: { message: string; param: string; code: string } }
    return [response.status, error.code, error.message]
  }
  for (const [members, named] of [
    [{ messages: 'Hello' }, 'messages'],
    [{ messages: undefined }, 'messages'],
    [{ messages: [7] }, 'messages'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'content'],
    [{ tools: 'none' }, 'tools'],
  ] as const) {
    const [status, code, message] = await post(members)
    t.assert.deepEqual([status, code], [400, 'SLUICE_REQUEST_INVALID'], JSON.stringify(members))
    t.assert.ok(String(message).includes(named), String(message))
  }
  t.assert.equal(upstream.requests.length, 0)
})

const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
  'text/plain',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  'application/json; charset="',
]

test('F7: whatever the content-type says, JSON is JSON; also where it says nothing', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())])
  for (const type of TYPES) {
    const response = await gateway.post(CHAT, asked(), { 'content-type': type })
    t.assert.equal(response.status, 200, type)
    t.assert.equal((await gateway.post(MESSAGES, askedMessage(), { 'content-type': type })).status, 200, type)
  }
  const silent = await sendRaw(gateway.url, [`POST ${CHAT} HTTP/1.1`, 'host: localhost'], JSON.stringify(asked()))
  t.assert.equal(silent.status, 200)
  const empty = await sendRaw(gateway.url, [`POST ${CHAT} HTTP/1.1`, 'host: localhost'])
  t.assert.equal(empty.status, 400)
  t.assert.match(empty.body, /SLUICE_REQUEST_EMPTY/)
  t.assert.ok(upstream.requests.every(({ headers }) => headers['content-type'] === 'application/json'))
})

test('F7: a content-type that is none is refused by name, in the shape of the route', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())])
  const chat = await gateway.post(CHAT, asked(), { 'content-type': 'nonsense' })
  t.assert.equal(chat.status, 400)
  t.assert.deepEqual(await chat.json(), {
    error: {
      message: 'The content type nonsense is not supported; send application/json.',
      type: 'invalid_request_error',
      param: null,
      code: 'SLUICE_REQUEST_MEDIA_TYPE',
    },
  })
  const message = await gateway.post(MESSAGES, askedMessage(), { 'content-type': '<script>' })
  t.assert.equal(message.status, 400)
  t.assert.doesNotMatch(await message.text(), /script/)
})

test('F6: a body of 20 MB is accepted by default', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())])
  const content = 'x'.repeat(20_000_000)
  const response = await gateway.post(CHAT, asked({ messages: [{ role: 'user', content }] }))
  t.assert.equal(response.status, 200)
  t.assert.ok((upstream.requests[0]?.body.length ?? 0) > 20_000_000)
})

test('F6: a body over the cap is a 413 that names the setting, in both dialects, and the next one passes', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())], { config: { listen: { bodyLimit: '1KiB' } } })
  const message = 'The request body is larger than 1024 bytes (setting: listen.bodyLimit).'
  const code = 'SLUICE_REQUEST_TOO_LARGE'
  const large = asked({ messages: [{ role: 'user', content: 'x'.repeat(5_000) }] })
  const chat = await gateway.post(CHAT, large)
  t.assert.equal(chat.status, 413)
  t.assert.deepEqual(await chat.json(), { error: { message, type: 'invalid_request_error', param: null, code } })
  const messages = await gateway.post(MESSAGES, large)
  t.assert.equal(messages.status, 413)
  t.assert.deepEqual(await messages.json(), {
    type: 'error',
    error: { type: 'request_too_large', message, code },
    request_id: messages.headers.get('request-id'),
  })
  t.assert.equal(upstream.requests.length, 0)
  t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
})

test('F6: a body that does not say how long it is meets the same cap', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())], { config: { listen: { bodyLimit: '1KiB' } } })
  const size = (5_000).toString(16)
  const answer = await sendRaw(gateway.url, [
    `POST ${CHAT} HTTP/1.1`,
    'host: localhost',
    'transfer-encoding: chunked',
    'connection: close',
    '',
    `${size}\r\n${'x'.repeat(5_000)}\r\n0\r\n\r\n`,
  ])
  t.assert.equal(answer.status, 413)
})

test("the same request on Fastify's own terms: __proto__ and numbers that doubles cannot hold pass", async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())])
  const body = '{"model": "a/m",  "__proto__": {"x": 1}, "seed": 12345678901234567890, "messages": [], "n": 1.0}'
  t.assert.equal((await gateway.post(CHAT, body)).status, 200)
  t.assert.equal(upstream.requests[0]?.body.toString(), body.replace('a/m', 'm'))
})

test('a client that leaves while it sends its body is no error of ours', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())])
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  socket.write(`POST ${CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{"model"`)
  await once(gateway.app.api.server, 'request')
  socket.destroy()
  const line = await gateway.ended(1)
  t.assert.deepEqual([line.status, line.code], [499, 'SLUICE_REQUEST_CANCELLED'])
  t.assert.ok(!gateway.logs.some(({ level }) => level >= 40))
  t.assert.equal((await gateway.metrics()).get('sluice_inflight'), 0)
})

test('F5: an answer says its request id, target and attempts, and why others did not answer; the log line has the same', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole({ error: { message: 'no' } }, { status: 500 }), whole(completion())])
  const { headers } = await gateway.post(CHAT, asked(), { 'x-request-id': 'id-of-mine-1' })
  t.assert.equal(headers.get('x-request-id'), 'id-of-mine-1')
  t.assert.equal(headers.get('x-sluice-target'), 'b/m')
  t.assert.equal(headers.get('x-sluice-attempts'), '2')
  t.assert.equal(headers.get('x-sluice-failed'), 'a/m: upstream')
  const line = await gateway.ended(1)
  t.assert.deepEqual(
    [line.id, line.target, line.attempts, line.tried],
    ['id-of-mine-1', 'b/m', 2, ['a/m: upstream (status 500)', 'b/m: ok']],
  )
})

test('F5: the log line says why the only attempt failed', async (t: TestContext) => {
  const { gateway } = await setUp(t, [(_, response) => void response.socket?.destroy()])
  await gateway.post(CHAT, asked())
  const { tried } = await gateway.ended(1)
  t.assert.deepEqual(tried, ['a/m: network (the connection to the provider was closed, UND_ERR_SOCKET)'])
})

test('F5: every refusal has a request id, and a client cannot write into logs and headers by its own', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())])
  const ids = ['', 'a b', 'x'.repeat(129), '<script>', 'a;b', '"quoted"']
  for (const id of ids) {
    const { headers } = await gateway.post(CHAT, '', { 'x-request-id': id })
    t.assert.match(headers.get('x-request-id') ?? '', /^[\w-]{12}-[0-9a-z]+$/, JSON.stringify(id))
  }
})
