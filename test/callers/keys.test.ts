import { type TestContext, test } from 'node:test'
import { completion } from '../journey/frames.ts'
import { asked, askedMessage, type Bench, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'

const KEYS = {
  all: 'key-for-all-models',
  chat: 'key-for-chat-alone',
  vendor: 'key-for-the-vendor-a',
  one: 'key-for-one-model-of-a',
  disabled: 'key-that-is-disabled',
  expired: 'key-that-has-expired',
  future: 'key-that-will-expire',
}

function withKeys(t: TestContext): Promise<Bench> {
  return setUp(t, [whole(completion()), whole(completion())], {
    config: {
      keys: [
        { name: 'all', key: KEYS.all },
        { name: 'chat', key: KEYS.chat, models: ['chat'] },
        { name: 'vendor', key: KEYS.vendor, models: ['a/*'] },
        { name: 'one', key: KEYS.one, models: ['a/m'] },
        { name: 'disabled', key: KEYS.disabled, disabled: true },
        { name: 'expired', key: KEYS.expired, expires: '2020-01-01' },
        { name: 'future', key: KEYS.future, expires: '2999-01-01' },
      ],
    },
  })
}

/** What both dialects say of a refusal. */
async function refusals(bench: Bench, headers: Record<string, string>) {
  const chat = await bench.gateway.post(CHAT, asked(), headers)
  const message = await bench.gateway.post(MESSAGES, askedMessage(), { 'x-request-id': 'id-1', ...headers })
  return { statuses: [chat.status, message.status], chat: await chat.json(), message: await message.json() }
}

const SAYINGS = [
  [
    'missing',
    {},
    'SLUICE_AUTH_KEY_MISSING',
    /^No API key was sent: use the header "authorization: Bearer KEY", "x-api-key"/,
  ],
  [
    'unknown',
    { 'x-api-key': 'key-of-nobody' },
    'SLUICE_AUTH_KEY_UNKNOWN',
    /^The API key is not known to this gateway\.$/,
  ],
  ['disabled', { 'x-api-key': KEYS.disabled }, 'SLUICE_AUTH_KEY_DISABLED', /^The API key is disabled\.$/],
  ['expired', { 'x-api-key': KEYS.expired }, 'SLUICE_AUTH_KEY_EXPIRED', /^The API key has expired\.$/],
] as const

for (const [state, headers, code, message] of SAYINGS) {
  test(`F8: a key that is ${state} is a 401 that says so, in both dialects`, async (t: TestContext) => {
    const bench = await withKeys(t)
    const said = await refusals(bench, headers)
    t.assert.deepEqual(said.statuses, [401, 401])
    const chat = said.chat as { error: { message: string } }
    t.assert.match(chat.error.message, message)
    t.assert.deepEqual(said.chat, {
      error: { message: chat.error.message, type: 'authentication_error', param: null, code },
    })
    t.assert.deepEqual(said.message, {
      type: 'error',
      error: { type: 'authentication_error', message: chat.error.message, code },
      request_id: 'id-1',
    })
    t.assert.equal(bench.upstream.requests.length, 0)
  })
}

test('F8: a key works in each of the three headers, on every route; the scheme may be written in any case', async (t: TestContext) => {
  const { gateway } = await withKeys(t)
  const ways: Record<string, string>[] = [
    { authorization: `Bearer ${KEYS.all}` },
    { authorization: `bearer  ${KEYS.all}` },
    { 'x-api-key': KEYS.all },
    { 'x-goog-api-key': KEYS.all },
    { authorization: 'Basic abc', 'x-api-key': KEYS.all },
    { 'x-api-key': KEYS.future },
  ]
  for (const headers of ways) {
    t.assert.equal((await gateway.post(CHAT, asked(), headers)).status, 200)
    t.assert.equal((await gateway.post(MESSAGES, askedMessage(), headers)).status, 200)
    t.assert.equal((await fetch(`${gateway.url}/v1/models`, { headers })).status, 200)
  }
})

test('F8: a key in the query or the body is no key', async (t: TestContext) => {
  const { gateway } = await withKeys(t)
  const response = await gateway.post(`${CHAT}?key=${KEYS.all}&api_key=${KEYS.all}`, asked({ api_key: KEYS.all }))
  t.assert.equal(response.status, 401)
})

test('F8: the log line of a call names its caller, not the key', async (t: TestContext) => {
  const { gateway } = await withKeys(t)
  await gateway.post(CHAT, asked(), { 'x-api-key': KEYS.all })
  t.assert.equal((await gateway.ended(1)).caller, 'all')
})

test('E16: a model that the caller may not use is a 403 in the dialect of the route, and no vendor hears of it', async (t: TestContext) => {
  const bench = await withKeys(t)
  const { gateway, upstream } = bench
  const headers = { 'x-api-key': KEYS.chat }
  const chat = await gateway.post(CHAT, asked({ model: 'a/m' }), headers)
  t.assert.equal(chat.status, 403)
  t.assert.deepEqual(await chat.json(), {
    error: {
      message: 'The API key may not use the model "a/m".',
      type: 'permission_error',
      param: 'model',
      code: 'SLUICE_AUTH_MODEL_FORBIDDEN',
    },
  })
  const message = await gateway.post(MESSAGES, askedMessage({ model: 'a/m' }), headers)
  t.assert.equal(message.status, 403)
  t.assert.deepEqual(await message.json(), {
    type: 'error',
    error: {
      type: 'permission_error',
      message: 'The API key may not use the model "a/m".',
      code: 'SLUICE_AUTH_MODEL_FORBIDDEN',
    },
    request_id: message.headers.get('request-id'),
  })
  t.assert.equal(upstream.requests.length, 0)
})

const PERMISSIONS = [
  [KEYS.chat, 'chat', 200],
  [KEYS.chat, 'Chat', 404],
  [KEYS.chat, 'CHAT', 404],
  [KEYS.chat, 'chat ', 404],
  [KEYS.chat, 'chat\n', 404],
  [KEYS.chat, 'chat/m', 404],
  [KEYS.chat, 'a/chat', 403],
  [KEYS.chat, 'a/m', 403],
  [KEYS.chat, 'A/m', 404],
  [KEYS.vendor, 'a/m', 200],
  [KEYS.vendor, 'a/anything/at:all', 200],
  [KEYS.vendor, 'A/m', 404],
  [KEYS.vendor, 'b/m', 403],
  [KEYS.vendor, 'b/a/m', 403],
  [KEYS.vendor, 'chat', 403],
  [KEYS.vendor, 'a/../b/m', 400],
] as const

test('E16: the allow-list is asked of the name as it was written: aliases, provider/model and case', async (t: TestContext) => {
  const { gateway } = await withKeys(t)
  for (const [key, model, expected] of PERMISSIONS) {
    for (const [path, body] of [
      [CHAT, asked({ model })],
      [MESSAGES, askedMessage({ model })],
    ] as const) {
      const response = await gateway.post(path, body, { 'x-api-key': key })
      t.assert.equal(response.status, expected, `${JSON.stringify(model)} on ${path}`)
    }
  }
})

test('E16: the model that is judged is the model that is sent, however its member is written', async (t: TestContext) => {
  const { gateway, upstream } = await withKeys(t)
  const rest = '"max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]'
  const post = async (members: string) =>
    (await gateway.post(CHAT, `{${members}, ${rest}}`, { 'x-api-key': KEYS.chat })).status
  t.assert.equal(await post('"\\u006dodel": "a/m"'), 403, 'an escaped name of the member')
  t.assert.equal(await post('"model": "\\u0061/m"'), 403, 'an escaped value')
  t.assert.equal(await post('"model": "chat", "\\u006dodel": "a/m"'), 400, 'a second member, escaped')
  t.assert.equal(await post('"model": "a/m", "model": "chat"'), 400, 'a second member')
  t.assert.equal(await post('"metadata": {"model": "chat"}, "model": "a/m"'), 403, 'one inside of another')
  t.assert.equal(await post('"model": ["chat"]'), 400, 'a list')
  t.assert.equal(upstream.requests.length, 0)
  t.assert.equal(await post('"metadata": {"model": "a/m"}, "\\u006dodel": "\\u0063hat"'), 200)
  t.assert.equal((JSON.parse(String(upstream.requests[0]?.body)) as { model: string }).model, 'm')
})

test('E16: the list of models holds what the caller may use, and no other model is shown', async (t: TestContext) => {
  const { gateway } = await withKeys(t)
  const list = async (key: string, headers = {}) => {
    const response = await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': key, ...headers } })
    return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
  }
  t.assert.deepEqual(await list(KEYS.all), ['chat', 'a/m', 'b/m'])
  t.assert.deepEqual(await list(KEYS.chat), ['chat'])
  t.assert.deepEqual(await list(KEYS.vendor), ['a/m'])
  t.assert.deepEqual(await list(KEYS.vendor, { 'anthropic-version': '2023-06-01' }), ['a/m'])
  const show = async (key: string, name: string) =>
    (await fetch(`${gateway.url}/v1/models/${name}`, { headers: { 'x-api-key': key } })).status
  t.assert.deepEqual(
    [
      await show(KEYS.chat, 'chat'),
      await show(KEYS.chat, 'a/m'),
      await show(KEYS.chat, 'a%2Fm'),
      await show(KEYS.chat, 'CHAT'),
    ],
    [200, 404, 404, 404],
  )
  t.assert.deepEqual([await show(KEYS.vendor, 'a/m'), await show(KEYS.vendor, 'a%2Fm')], [200, 200])
})

test('E16: what an unknown model may have meant is told of the models that the caller may use', async (t: TestContext) => {
  const { gateway } = await withKeys(t)
  const hint = async (key: string, model: string) => {
    const response = await gateway.post(CHAT, asked({ model }), { 'x-api-key': key })
    return ((await response.json()) as { error: { message: string } }).error.message
  }
  t.assert.equal(await hint(KEYS.chat, 'chatt'), 'The model "chatt" is not known; did you mean "chat"?')
  t.assert.equal(await hint(KEYS.vendor, 'chatt'), 'The model "chatt" is not known. Known names: a/MODEL.')
  t.assert.equal(await hint(KEYS.one, 'chatt'), 'The model "chatt" is not known.')
  t.assert.equal(await hint(KEYS.all, 'zebra'), 'The model "zebra" is not known. Known names: chat, a/MODEL, b/MODEL.')
})

test('E20: the list of models and the metrics name no address and no key', async (t: TestContext) => {
  const { gateway, upstream } = await withKeys(t)
  await gateway.post(CHAT, asked(), { 'x-api-key': KEYS.all })
  const models = await (await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': KEYS.all } })).text()
  const metrics = await (await fetch(`${gateway.opsUrl}/metrics`)).text()
  for (const text of [models, metrics]) {
    t.assert.ok(!text.includes(new URL(upstream.url).host))
    t.assert.doesNotMatch(text, /key-of-a|key-for-|http:/)
  }
})
