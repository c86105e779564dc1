import { type TestContext, test } from 'node:test'
import { completion } from '../journey/frames.ts'
import { type Bench, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'
import { sendRaw } from './raw.ts'
import { routesOf } from './route-table.ts'

const KEY = 'key-of-the-caller-1'
const OPS_KEY = 'key-of-the-operators'
const OPEN = ['/health/live', '/health/ready']
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']

/** One address may fail only so often; each request of a test comes from another one. */
let addresses = 0
function fromElsewhere(): string {
  addresses += 1
  return `x-forwarded-for: 10.0.${addresses >> 8}.${addresses & 255}`
}

function guarded(t: TestContext): Promise<Bench> {
  return setUp(t, [whole(completion())], {
    config: {
      keys: [{ name: 'caller', key: KEY }],
      ops: { key: OPS_KEY },
      listen: { trustedProxies: ['loopback'] },
    },
  })
}

test('E4: every route of the API listener wants a key, under every method, and so does what is no route', async (t: TestContext) => {
  const { gateway, upstream } = await guarded(t)
  const known = routesOf(gateway.app.api)
  t.assert.ok(known.includes(CHAT) && known.includes(MESSAGES) && known.includes('/v1/models'), known.join(' '))
  const paths = [
    ...known.filter(path => !OPEN.includes(path)),
    '/',
    '/nope',
    '/v1',
    '/v1/nope',
    '/metrics',
    '/admin',
    '/debug',
  ]
  for (const path of paths) {
    for (const method of METHODS) {
      const { status, headers } = await sendRaw(gateway.url, [`${method} ${path} HTTP/1.1`, 'host: x', fromElsewhere()])
      t.assert.equal(status, 401, `${method} ${path}`)
      t.assert.ok(headers['x-request-id'], `${method} ${path} has no request id`)
    }
  }
  t.assert.equal(upstream.requests.length, 0)
})

test('E4: health needs no key and says nothing but its state', async (t: TestContext) => {
  const { gateway } = await guarded(t)
  for (const path of OPEN) {
    const response = await fetch(gateway.url + path)
    t.assert.equal(response.status, 200)
    t.assert.equal(await response.text(), '{"status":"ok"}')
  }
})

test('E4: every route of the ops listener wants its own key, and so does what is no route', async (t: TestContext) => {
  const { gateway } = await guarded(t)
  const paths = [...routesOf(gateway.app.ops), '/', '/nope', '/admin', '/debug/pprof/heap']
  t.assert.ok(paths.includes('/metrics'))
  for (const path of paths) {
    for (const method of METHODS) {
      const none = await sendRaw(gateway.opsUrl, [`${method} ${path} HTTP/1.1`, 'host: gateway'])
      t.assert.equal(none.status, 401, `${method} ${path}`)
      t.assert.ok(!none.body.includes('nodejs_'), `${method} ${path} shows metrics`)
      const callers = await sendRaw(gateway.opsUrl, [
        `${method} ${path} HTTP/1.1`,
        'host: x',
        `authorization: Bearer ${KEY}`,
      ])
      t.assert.equal(callers.status, 401, `${method} ${path} with a caller's key`)
    }
  }
  const shown = await fetch(`${gateway.opsUrl}/metrics`, { headers: { authorization: `Bearer ${OPS_KEY}` } })
  t.assert.equal(shown.status, 200)
})

test('E4: the key of the ops listener opens no route of the API listener', async (t: TestContext) => {
  const { gateway } = await guarded(t)
  const response = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${OPS_KEY}` } })
  t.assert.equal(response.status, 401)
})

const TARGETS = [
  'http://127.0.0.1/v1/models',
  'http://x/health/live/../../v1/models',
  '//v1/models',
  '/v1//models',
  '//admin',
  '//metrics',
  '/v1/models/',
  '/v1/models.',
  '/V1/MODELS',
  '/v1/%6dodels',
  '/v1%2fmodels',
  '/health/live/../../v1/models',
  '/health/live/%2e%2e/%2e%2e/v1/models',
  '/health/%2e%2e/v1/models',
  '/health/live;/v1/models',
  '/health/live?/v1/models',
  '/v1/models?x=/health/live',
  '/v1/models#/health/live',
  '/v1/models\\health',
]

const HOSTS = ['gateway', 'x/#@y', 'x/health/live?x=', '/health/live', 'localhost', '127.0.0.1', 'x:80@health']

test('E3: neither a Host nor a spelling of the path gets past the guard; what runs is what was judged', async (t: TestContext) => {
  const { gateway, upstream } = await guarded(t)
  for (const target of TARGETS) {
    for (const host of HOSTS) {
      const { status, body } = await sendRaw(gateway.url, [`GET ${target} HTTP/1.1`, `host: ${host}`, fromElsewhere()])
      const isHealth = target.startsWith('/health/live?')
      const expected = isHealth ? [200] : [400, 401]
      t.assert.ok(expected.includes(status), `${host} ${target}: ${status} ${body}`)
      t.assert.ok(!body.includes('"data"'), `${host} ${target} lists models`)
    }
  }
  t.assert.equal(upstream.requests.length, 0)
})

test('E3: the ops listener answers under no spelling without its key', async (t: TestContext) => {
  const { gateway } = await guarded(t)
  for (const target of [
    ...TARGETS,
    '/metrics',
    '//metrics',
    '/metrics/',
    '/METRICS',
    '/%6detrics',
    'http://x/metrics',
  ]) {
    const { status } = await sendRaw(gateway.opsUrl, [`GET ${target} HTTP/1.1`, 'host: x/#@y'])
    t.assert.ok(status === 401 || status === 400, `${target}: ${status}`)
  }
})

test('a URL that cannot be read is refused in the dialect of the client, and not repeated', async (t: TestContext) => {
  const { gateway } = await guarded(t)
  const plain = await sendRaw(gateway.url, ['GET /v1/models/%zz?key=secret-of-mine HTTP/1.1', 'host: gateway'])
  t.assert.equal(plain.status, 400)
  t.assert.match(plain.headers['x-request-id'] ?? '', /./)
  t.assert.deepEqual(JSON.parse(plain.body), {
    error: {
      message: 'The URL of the request cannot be read.',
      type: 'invalid_request_error',
      param: null,
      code: 'SLUICE_REQUEST_INVALID',
    },
  })
  const anthropic = await sendRaw(gateway.url, ['GET /%zz HTTP/1.1', 'host: gateway', 'anthropic-version: 2023-06-01'])
  t.assert.equal(anthropic.status, 400)
  t.assert.equal((JSON.parse(anthropic.body) as { type: string }).type, 'error')
})

test('a known caller reads of a wrong path that there is no such route', async (t: TestContext) => {
  const { gateway } = await guarded(t)
  const headers = { authorization: `Bearer ${KEY}` }
  const response = await fetch(`${gateway.url}/v1/chat/completion?key=secret-of-mine`, {
    method: 'POST',
    body: '{',
    headers,
  })
  t.assert.equal(response.status, 404)
  t.assert.deepEqual(await response.json(), {
    error: {
      message: 'There is no route POST /v1/chat/completion.',
      type: 'invalid_request_error',
      param: null,
      code: 'SLUICE_ROUTE_UNKNOWN',
    },
  })
  const line = await gateway.ended(1)
  t.assert.equal(line.endpoint, 'unknown')
  t.assert.equal(line.status, 404)
})

const ODD_KEYS: readonly (readonly [string, string])[] = [
  ['SQL', "' OR 1=1--"],
  ['a template', '{{7*7}}<%= 7*7 %>'],
  ['UTF-8', 'schl\xc3\xbcssel'],
  ['every byte above ASCII', String.fromCharCode(...Array.from({ length: 128 }, (_, index) => index + 128))],
  ['twelve kilobytes', 'a'.repeat(12_000)],
  ['spaces', '   '],
  ['nothing', ''],
  ['a prototype', '__proto__'],
  ['two keys', `${KEY}, ${KEY}`],
]

test('E5: odd keys are unknown keys, in every header, and are never repeated', async (t: TestContext) => {
  const { gateway } = await guarded(t)
  for (const [name, key] of ODD_KEYS) {
    for (const header of [
      `authorization: Bearer ${key}`,
      `authorization: ${key}`,
      `x-api-key: ${key}`,
      `x-goog-api-key: ${key}`,
    ]) {
      const { status, body } = await sendRaw(gateway.url, [`GET /v1/models HTTP/1.1`, 'host: x', header])
      t.assert.equal(status, 401, `${name} in ${header.slice(0, 20)}`)
      if (key.trim() !== '') t.assert.ok(!body.includes(key.slice(0, 9)), `${name} is repeated`)
    }
  }
  t.assert.ok(!JSON.stringify(gateway.logs).includes('OR 1=1'))
})

test('E5: a key given twice, with bytes that HTTP forbids, or a megabyte long does no harm', async (t: TestContext) => {
  const { gateway } = await guarded(t)
  const statusOf = async (...headers: string[]) =>
    (await sendRaw(gateway.url, ['GET /v1/models HTTP/1.1', 'host: x', ...headers])).status
  t.assert.equal(await statusOf(`x-api-key: ${KEY}`, `x-api-key: ${KEY}`), 401)
  t.assert.equal(await statusOf('authorization: Bearer a\0b'), 400)
  t.assert.equal(await statusOf('authorization: Bearer a\rb'), 400)
  t.assert.equal(await statusOf(`authorization: Bearer ${'a'.repeat(1_000_000)}`), 431)
  t.assert.equal(await statusOf(`authorization: Bearer ${KEY}`), 200)
})
