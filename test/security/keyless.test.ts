import { type TestContext, test } from 'node:test'
import { isLoopback, isLoopbackHost } from '../../src/config/loopback.ts'
import { completion } from '../journey/frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'
import { sendRaw } from './raw.ts'

const FOREIGN_HOSTS = [
  'evil.test',
  'evil.test:8080',
  '10.0.0.1',
  'localhost.evil.test',
  '127.0.0.1.evil.test',
  'localhost@evil.test',
  '[fe80::1]',
  '',
]
const OWN_HOSTS = ['localhost', 'LOCALHOST:8080', '127.0.0.1:8080', '127.8.9.1', '[::1]', '[::1]:8080']
const OF_WEB_PAGES = ['origin: http://localhost:3000', 'origin: null', 'sec-fetch-site: cross-site']

test('a gateway without keys answers only those that call it by a name of this machine, on both listeners', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())])
  for (const [url, path] of [
    [gateway.url, '/v1/models'],
    [gateway.url, '/nope'],
    [gateway.opsUrl, '/metrics'],
    [gateway.opsUrl, '/nope'],
  ] as const) {
    for (const host of FOREIGN_HOSTS) {
      const { status, body } = await sendRaw(url, [`GET ${path} HTTP/1.1`, `host: ${host}`])
      t.assert.equal(status, 403, `${path} as ${host}`)
      t.assert.equal((JSON.parse(body) as { error: { code: string } }).error.code, 'SLUICE_AUTH_NOT_LOCAL')
    }
    for (const host of OWN_HOSTS) {
      const { status } = await sendRaw(url, [`GET ${path} HTTP/1.1`, `host: ${host}`])
      t.assert.equal(status, path === '/nope' ? 404 : 200, `${path} as ${host}`)
    }
    for (const header of OF_WEB_PAGES) {
      const { status } = await sendRaw(url, [`GET ${path} HTTP/1.1`, 'host: localhost', header])
      t.assert.equal(status, 403, `${path} with ${header}`)
    }
    const old = await sendRaw(url, [`GET ${path} HTTP/1.0`])
    t.assert.equal(old.status, 403, `${path} without a host`)
  }
})

test('a web page cannot spend the keys of a gateway without keys, nor ask whether it might', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(completion())])
  const headers = { origin: 'https://evil.test', 'content-type': 'text/plain' }
  const chat = await gateway.post(CHAT, asked(), headers)
  t.assert.equal(chat.status, 403)
  t.assert.equal(((await chat.json()) as { error: { type: string } }).error.type, 'permission_error')
  const message = await gateway.post(MESSAGES, askedMessage(), headers)
  t.assert.equal(message.status, 403)
  t.assert.deepEqual(await message.json(), {
    type: 'error',
    error: {
      type: 'permission_error',
      message: 'A gateway without keys answers only programs on its own machine: web pages may not call it.',
      code: 'SLUICE_AUTH_NOT_LOCAL',
    },
    request_id: message.headers.get('request-id'),
  })
  const preflight = await fetch(gateway.url + CHAT, { method: 'OPTIONS', headers: { origin: 'https://evil.test' } })
  t.assert.equal(preflight.status, 403)
  t.assert.equal(preflight.headers.get('access-control-allow-origin'), null)
  t.assert.equal(upstream.requests.length, 0)
})

test('with keys a host name of any kind is welcome, and so is a page that has a key', async (t: TestContext) => {
  const keys = [{ name: 'caller', key: 'key-of-the-caller-1' }]
  const { gateway } = await setUp(t, [whole(completion())], { config: { keys } })
  const { status } = await sendRaw(gateway.url, [
    'GET /v1/models HTTP/1.1',
    'host: gateway.example.test',
    'origin: https://app.example.test',
    'authorization: Bearer key-of-the-caller-1',
  ])
  t.assert.equal(status, 200)
})

test('only addresses and names that cannot mean another machine are loopback', (t: TestContext) => {
  for (const host of ['localhost', '127.0.0.1', '127.255.255.254', '::1']) t.assert.ok(isLoopback(host), host)
  for (const host of [
    '',
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    'localhost.',
    'ip6-localhost',
    '\uff11\uff12\uff17.0.0.1',
  ]) {
    t.assert.ok(!isLoopback(host), host)
  }
  for (const header of [
    undefined,
    '',
    ':8080',
    'localhost:',
    '[::1',
    '::1',
    'a b',
    '127.0.0.1:80:80',
    '127.0.0.1/x',
    '[localhost]',
  ]) {
    t.assert.ok(!isLoopbackHost(header), String(header))
  }
})
