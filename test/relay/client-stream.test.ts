import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { ClientStream } from '../../src/relay/client-stream.ts'
import { SSE } from '../../src/relay/sse.ts'

const SIGN = ': ping\n\n'
const NO_SOURCE = { pause() {}, resume() {} }

interface Connected {
  readonly response: ServerResponse
  /** What the client reads, if it does. */
  readonly incoming: Promise<IncomingMessage>
  /** Lets so many seconds pass for the gateway's deadlines. */
  pass(seconds: number): void
}

/** The server's end of a request whose client waits. */
async function connect(t: TestContext): Promise<Connected> {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const request = get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false })
  const incoming = once(request, 'response').then(([message]) => message as IncomingMessage)
  // Some tests end before they have answered.
  incoming.catch(() => {})
  request.on('error', () => {})
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  t.after(() => {
    // The interval must not be left behind: a tick without entries ends it.
    t.mock.timers.tick(5_000)
    request.destroy()
    server.close()
  })
  return { response, incoming, pass: seconds => t.mock.timers.tick(seconds * 1_000) }
}

test('a sign of life is sent after fifteen silent seconds', async t => {
  const { response, incoming, pass } = await connect(t)
  const client = new ClientStream(response, NO_SOURCE)
  client.begin({}, SSE)
  client.keepAlive(SIGN)
  pass(14)
  client.write('data: 1\n\n')
  pass(14)
  client.write('data: 2\n\n')
  pass(16)
  client.end()
  pass(60)
  const pieces = await (await incoming).setEncoding('utf8').toArray()
  t.assert.equal(pieces.join(''), `data: 1\n\ndata: 2\n\n${SIGN}`)
})

test('a client that does not read what is there is sent no more signs', async t => {
  const { response, pass } = await connect(t)
  const client = new ClientStream(response, NO_SOURCE)
  client.begin({}, SSE)
  client.keepAlive(SIGN)
  while (!response.writableNeedDrain) client.write('x'.repeat(1_000_000))
  const { writableLength } = response
  pass(60)
  t.assert.equal(response.writableLength, writableLength)
  client.stop()
})

test('nobody watches over a stream that has ended or was given up', async t => {
  const { response } = await connect(t)
  for (const close of ['stop', 'end'] as const) {
    const client = new ClientStream(response, NO_SOURCE)
    client.keepAlive(SIGN)
    t.assert.equal(client.slot >= 0, true)
    client[close]()
    t.assert.equal(client.slot, -1)
  }
})
