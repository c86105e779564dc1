import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { completion, ROLE } from '../journey/frames.ts'
import { asked, CHAT, setUp } from '../journey/setup.ts'
import { stream, whole } from '../upstream.ts'
import { type RawAnswer, sendRaw } from './raw.ts'

const CANARY = 'x-canary: sk-canary'
const LONG = `x-long: ${'canary'.repeat(5_000)}`

/** What the answer says, once nothing of the request is found in it. */
function errorOf({ headers, body }: RawAnswer): { type?: string; error: Record<string, unknown> } {
  if (`${JSON.stringify(headers)}${body}`.includes('canary')) throw new Error(`an echo: ${body}`)
  return JSON.parse(body) as ReturnType<typeof errorOf>
}

for (const [name, head, status, code] of [
  ['garbage', ['canary \x01\x02\x03'], 400, 'SLUICE_REQUEST_INVALID'],
  ['a header without a name', ['GET /v1/models HTTP/1.1', ': canary'], 400, 'SLUICE_REQUEST_INVALID'],
  ['headers without end', ['GET /v1/models HTTP/1.1', CANARY, LONG], 431, 'SLUICE_REQUEST_HEADERS_TOO_LARGE'],
] as const) {
  test(`F7: what the HTTP parser refuses is refused in the words of OpenAI: ${name}`, async t => {
    const { gateway } = await setUp(t, [whole(completion())])
    for (const url of [gateway.url, gateway.opsUrl]) {
      const answer = await sendRaw(url, head)
      t.assert.equal(answer.status, status)
      t.assert.equal(answer.headers.connection, 'close')
      t.assert.equal(answer.headers['content-type'], 'application/json')
      const { error } = errorOf(answer)
      t.assert.deepEqual(
        [error.type, error.param, error.code, typeof error.message],
        ['invalid_request_error', null, code, 'string'],
      )
    }
  })
}

for (const [name, head] of [
  ['the path', ['POST /v1/messages?beta=true HTTP/1.1', LONG]],
  ['the version', ['POST /v1/x HTTP/1.1', 'host: localhost', 'Anthropic-Version: 2023-06-01', LONG]],
] as const) {
  test(`F7: and in the words of Anthropic where ${name} says so`, async t => {
    const { gateway } = await setUp(t, [whole(completion())])
    const answer = await sendRaw(gateway.url, head)
    t.assert.equal(answer.status, 431)
    const { type, error } = errorOf(answer)
    t.assert.deepEqual(
      [type, error.type, error.code],
      ['error', 'request_too_large', 'SLUICE_REQUEST_HEADERS_TOO_LARGE'],
    )
  })
}

for (const [name, head, word] of [
  ["Google's path", ['POST /v1beta/models/m:generateContent HTTP/1.1', LONG], '"INVALID_ARGUMENT"'],
  ["Google's key", ['POST /v1/models/m:generateContent HTTP/1.1', 'X-Goog-Api-Key: k', LONG], '"INVALID_ARGUMENT"'],
  ["Bedrock's path", ['POST /model/m/converse HTTP/1.1', LONG], '"ValidationException"'],
] as const) {
  test(`F7: and in the words of its API where ${name} says so`, async (t: TestContext) => {
    const { gateway } = await setUp(t, [whole(completion())])
    const answer = await sendRaw(gateway.url, head)
    t.assert.equal(answer.status, 431)
    t.assert.equal(answer.body.includes(word), true, answer.body)
  })
}

test('F7: a request that does not come to its end is a 408', async t => {
  const { gateway } = await setUp(t, [whole(completion())])
  const { server } = gateway.app.api
  // As Node does it when a request has taken too long; it looks every 30 s.
  server.once('connection', (socket: Socket) => {
    const error = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
    socket.once('data', () => server.emit('clientError', error, socket))
  })
  const answer = await sendRaw(gateway.url, ['GET /v1/models HTTP/1.1', 'host: localhost'])
  t.assert.equal(answer.status, 408)
  t.assert.equal(errorOf(answer).error.code, 'SLUICE_REQUEST_TIMEOUT')
})

test('garbage behind a request whose answer has begun ends the connection without a second head', async t => {
  const { gateway } = await setUp(t, [stream([ROLE, ROLE.replace('""', '"x"'), new Promise(() => {})])])
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  const body = JSON.stringify(asked({ stream: true }))
  socket.write(`POST ${CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
    if (received.includes('"x"')) socket.write('\x01garbage\r\n\r\n')
  })
  await once(socket, 'close')
  t.assert.equal(received.split('HTTP/1.1 ').length, 2)
})
