import { type TestContext, test } from 'node:test'
import { completion } from '../journey/frames.ts'
import { asked, CHAT, setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'
import { sendRaw } from './raw.ts'

const HOST = 'host: localhost'

for (const [name, lines, status] of [
  ['no host', [], 400],
  ['an expectation that nobody knows', [HOST, 'expect: a-pony'], 417],
] as const) {
  test(`a head with ${name} is refused in the dialect of the client`, async (t: TestContext) => {
    const { gateway, upstream } = await setUp(t, [whole(completion())])
    for (const [path, word] of [
      [CHAT, '"invalid_request_error"'],
      ['/v1/messages', '"type":"error"'],
      ['/v1beta/models/chat:generateContent', '"INVALID_ARGUMENT"'],
    ] as const) {
      const answer = await sendRaw(gateway.url, [`POST ${path} HTTP/1.1`, ...lines], JSON.stringify(asked()))
      t.assert.equal(answer.status, status)
      t.assert.equal(answer.headers.connection, 'close')
      t.assert.match(answer.headers['x-request-id'] ?? '', /./)
      t.assert.equal(answer.body.includes(word), true, answer.body)
      t.assert.equal(answer.body.includes('pony'), false)
    }
    t.assert.equal((await sendRaw(gateway.opsUrl, ['GET /metrics HTTP/1.1', ...lines])).status, status)
    t.assert.equal(upstream.requests.length, 0)
  })
}

for (const [name, head] of [
  ['without a host in HTTP/1.0', [`POST ${CHAT} HTTP/1.0`]],
  ['that waits to be told to go on', [`POST ${CHAT} HTTP/1.1`, HOST, 'Expect: 100-Continue']],
] as const) {
  test(`a request ${name} is answered`, async (t: TestContext) => {
    const { gateway } = await setUp(t, [whole(completion())], {
      config: { keys: [{ name: 'caller', key: 'sluice-test-key-0001' }] },
    })
    const lines = [...head, 'authorization: Bearer sluice-test-key-0001']
    const { status, body } = await sendRaw(gateway.url, lines, JSON.stringify(asked()))
    t.assert.equal(status === 100 ? body.slice(0, 12) : `HTTP/1.1 ${status}`, 'HTTP/1.1 200')
  })
}
