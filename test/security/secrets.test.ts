import { type TestContext, test } from 'node:test'
import { Callers } from '../../src/config/callers.ts'
import { chatStream, completion } from '../journey/frames.ts'
import { askedMessage, CHAT, MESSAGES } from '../journey/setup.ts'
import { loadText } from '../load-text.ts'
import { addressesOf, type Started, startProcess } from '../process/sluice.ts'
import { CUT, reset, type Script, startUpstream, stream, type Upstream, whole } from '../upstream.ts'

/** Every secret that passes through, each a word that is found nowhere else. */
const SECRETS = {
  provider: 'canary-key-at-the-vendor',
  caller: 'canary-key-of-the-caller',
  unknown: 'canary-key-of-a-stranger',
  ops: 'canary-key-of-the-operators',
  query: 'canary-key-in-the-query',
  cookie: 'canary-cookie',
  prompt: 'canary-words-of-the-prompt',
  answer: 'canary-words-of-the-answer',
}

const CONFIG = `
providers:
  a: { type: openai-compatible, baseUrl: "\${UPSTREAM}", apiKey: "\${VENDOR_KEY}", breaker: { minimumCalls: 1000 } }
models:
  chat: { targets: [ { provider: a, model: m } ], cache: { ttl: 1m } }
keys:
  - { name: caller, key: "\${CALLER_KEY}", models: [chat, "a/*"] }
  - { name: gone, key: canary-key-that-is-disabled, disabled: true }
`

function startGuarded(t: TestContext, upstream: Upstream): Started {
  return startProcess(t, [], {
    files: { 'sluice.yaml': CONFIG },
    environment: {
      UPSTREAM: upstream.url,
      VENDOR_KEY: SECRETS.provider,
      CALLER_KEY: SECRETS.caller,
      SLUICE_ADMIN_KEY: SECRETS.ops,
      LOG_LEVEL: 'trace',
    },
  })
}

/** Vendors that repeat what they were sent, as they do. */
const ECHOED = { error: { message: `Incorrect API key provided: ${SECRETS.provider}`, code: 'invalid_api_key' } }
const SCRIPTS: readonly Script[] = [
  whole(completion(SECRETS.answer)),
  stream(chatStream(SECRETS.answer)),
  whole({ error: { message: 'no' } }, { status: 500 }),
  whole('<html>not JSON</html>', { headers: { 'content-type': 'text/html' } }),
  stream([...chatStream(SECRETS.answer).slice(0, 2), CUT]),
  reset(),
  // The last one: the key is left alone afterwards.
  whole(ECHOED, { status: 401 }),
]

const BODIES: readonly (string | object)[] = [
  { model: 'chat' },
  {},
  { stream: true },
  { model: 'a/other' },
  { model: 'not-allowed/x' },
  { messages: SECRETS.prompt },
  { messages: [{ role: 'user', content: [{ type: SECRETS.prompt }] }] },
  `{"model": "chat", "messages": [{"role": "user", "content": "${SECRETS.prompt}`,
  `{"model": "chat", "model": "chat", "x": "${SECRETS.prompt}"}`,
  `${SECRETS.prompt}`,
  '',
]

function bodyOf(given: string | object): string {
  if (typeof given === 'string') return given
  return JSON.stringify(askedMessage({ model: 'a/m', messages: [{ role: 'user', content: SECRETS.prompt }], ...given }))
}

test('E7: no key, prompt or answer stands in a log line at any level, in an error or in a metric', async (t: TestContext) => {
  const upstream = await startUpstream(whole({}))
  t.after(() => upstream.close())
  const started = startGuarded(t, upstream)
  const { url, opsUrl } = await addressesOf(started)
  const errors: string[] = []
  const send = async (path: string, body: string | undefined, headers: Record<string, string>): Promise<void> => {
    const response = await fetch(`${url}${path}?key=${SECRETS.query}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { cookie: SECRETS.cookie, ...headers },
      ...(body !== undefined && { body }),
    })
    const text = await response.text().catch(String)
    errors.push(JSON.stringify([...response.headers]))
    if (response.status !== 200) errors.push(text)
  }
  for (const script of SCRIPTS) {
    upstream.use(script)
    for (const path of [CHAT, MESSAGES]) {
      for (const body of BODIES) await send(path, bodyOf(body), { authorization: `Bearer ${SECRETS.caller}` })
    }
  }
  for (const key of [SECRETS.unknown, 'canary-key-that-is-disabled', SECRETS.provider, SECRETS.ops]) {
    await send(CHAT, bodyOf({}), { 'x-api-key': key })
    await send('/v1/models', undefined, { 'x-goog-api-key': key })
    await send('/nope', undefined, { authorization: `Bearer ${key}` })
    await send('/v1/models/%zz', undefined, { authorization: `Bearer ${key}` })
  }
  const metrics = await (
    await fetch(`${opsUrl}/metrics`, { headers: { authorization: `Bearer ${SECRETS.ops}` } })
  ).text()
  errors.push(
    await (
      await fetch(`${opsUrl}/metrics?key=${SECRETS.query}`, { headers: { authorization: `Bearer ${SECRETS.unknown}` } })
    ).text(),
  )
  started.kill('SIGTERM')
  t.assert.equal(await started.exit, 0)

  // What was to be looked at did happen.
  t.assert.match(started.stdout, /SLUICE_AUTH_KEY_UNKNOWN/)
  t.assert.match(metrics, /sluice_upstream_key_refused_total\{.*\} [1-9]/)
  for (const outcome of ['ok', 'upstream', 'network', 'unauthorized']) {
    t.assert.match(metrics, new RegExp(`sluice_upstream_requests_total\\{.*outcome="${outcome}"\\} [1-9]`))
  }
  for (const [sink, text] of Object.entries({
    log: started.stdout,
    stderr: started.stderr,
    metrics,
    errors: errors.join('\n'),
  })) {
    t.assert.doesNotMatch(text, /canary/, sink)
  }
})

test('E7: the vendor is shown its key in a header, never in the URL', async (t: TestContext) => {
  const upstream = await startUpstream(whole(completion()))
  t.after(() => upstream.close())
  const { url } = await addressesOf(startGuarded(t, upstream))
  await fetch(`${url}${CHAT}?key=${SECRETS.query}&beta=true`, {
    method: 'POST',
    headers: { authorization: `Bearer ${SECRETS.caller}` },
    body: bodyOf({}),
  })
  const seen = await upstream.request(0)
  t.assert.equal(seen.url, '/v1/chat/completions')
  t.assert.equal(seen.headers.authorization, `Bearer ${SECRETS.provider}`)
})

test("E6: of a caller's key only the digest is kept", async (t: TestContext) => {
  const config = await loadText(
    `providers: { sim: {} }\nkeys: [ { name: caller, key: ${SECRETS.caller} } ]\nops: { key: ${SECRETS.ops} }`,
    {},
  )
  t.assert.ok(!JSON.stringify(config.keys).includes('canary'))
  const callers = new Callers(config.keys)
  t.assert.equal(callers.find(SECRETS.caller)?.name, 'caller')
  t.assert.ok(!JSON.stringify(callers.find(SECRETS.caller)).includes('canary'))
})

test('E6: a key is found by its digest only: its digest, its beginning and its other spellings are unknown', async (t: TestContext) => {
  const config = await loadText(`providers: { sim: {} }\nkeys: [ { name: caller, key: ${SECRETS.caller} } ]`, {})
  const callers = new Callers(config.keys)
  const wrong = [
    '',
    SECRETS.caller.slice(0, -1),
    `${SECRETS.caller} `,
    SECRETS.caller.toUpperCase(),
    config.keys[0]?.digest ?? '',
  ]
  t.assert.deepEqual(
    wrong.map(key => callers.find(key)),
    Array(wrong.length).fill(undefined),
  )
})
