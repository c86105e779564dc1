import dns, { type LookupAddress } from 'node:dns'
import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { Exchange } from '../../src/upstream/exchange.ts'
import type { Outcome } from '../../src/upstream/outcome.ts'
import { Pool } from '../../src/upstream/pool.ts'
import { loadText } from '../load-text.ts'
import { TEST_CERTIFICATE, TEST_KEY } from '../upstream.ts'

const PATIENT = { firstByte: 60_000, idle: 60_000, total: 60_000 }

/** A vendor that answers with the address at which it was reached, once a connection. */
async function serve(t: TestContext, address: string, port = 0): Promise<number> {
  const server = createServer((request, response) => {
    response.setHeader('connection', 'close')
    response.end(request.socket.localAddress)
  })
  return listen(t, server, address, port)
}

async function listen(t: TestContext, server: Server, address: string, port: number): Promise<number> {
  await new Promise<void>(resolve => server.listen(port, address, resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

function poolOf(t: TestContext, connectTimeout = 5_000): Pool {
  const pool = new Pool({ connections: 4, connectTimeout })
  t.after(() => pool.close())
  return pool
}

function call(pool: Pool, origin: string): Promise<Outcome> {
  const exchange = new Exchange({
    pool,
    method: 'GET',
    origin,
    path: '/',
    query: '',
    headers: {},
    body: undefined,
    stream: false,
    timeouts: PATIENT,
  })
  exchange.start()
  return exchange.outcome
}

async function textOf(outcome: Promise<Outcome>): Promise<string> {
  const ended = await outcome
  return ended.type === 'whole' ? String(ended.body) : ended.type
}

type Done = (error: Error | null, addresses: readonly LookupAddress[]) => void

/** Lets names mean these addresses, one list after the other. */
function resolveTo(t: TestContext, ...answers: readonly (readonly string[])[]): { readonly asked: string[] } {
  const asked: string[] = []
  t.mock.method(dns, 'lookup', (name: string, _options: object, done: Done) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(name)
    process.nextTick(
      done,
      null,
      addresses.map(address => ({ address, family: 4 })),
    )
  })
  return { asked }
}

test('C30: unless set otherwise, a connection is given up after five seconds', async t => {
  const { providers } = await loadText('providers: { openai: {} }', {})
  t.assert.equal(providers.openai?.timeouts.connect, 5_000)
})

test('C30: a vendor that cannot be connected to in time is a timeout, long before the whole call would be', async t => {
  t.mock.method(dns, 'lookup', () => {})
  const outcome = await call(poolOf(t, 50), 'http://vendor.test')
  t.assert.deepEqual(outcome.type === 'failed' && [outcome.kind, outcome.reason], [
    'timeout',
    'the connection to the provider timed out',
  ])
})

test('C30: a new connection asks for the address again', async t => {
  const port = await serve(t, '127.0.0.1')
  await serve(t, '127.0.0.2', port)
  const { asked } = resolveTo(t, ['127.0.0.1'], ['127.0.0.2'])
  const pool = poolOf(t)
  t.assert.equal(await textOf(call(pool, `http://vendor.test:${port}`)), '127.0.0.1')
  t.assert.equal(await textOf(call(pool, `http://vendor.test:${port}`)), '127.0.0.2')
  t.assert.deepEqual(asked, ['vendor.test', 'vendor.test'])
})

test('C30: where one address of several is dead the next one is taken', async t => {
  const port = await serve(t, '127.0.0.2')
  resolveTo(t, ['127.0.0.9', '127.0.0.2'])
  t.assert.equal(await textOf(call(poolOf(t), `http://vendor.test:${port}`)), '127.0.0.2')
})

test('C30: HTTP/1.1 is spoken, also where the vendor would rather have HTTP/2', async t => {
  const server = createSecureServer({ allowHTTP1: true, cert: TEST_CERTIFICATE, key: TEST_KEY }, (request, response) =>
    response.end(request.httpVersion),
  )
  const port = await listen(t, server, '127.0.0.1', 0)
  const trusted = tls.getCACertificates()
  tls.setDefaultCACertificates([...trusted, String(TEST_CERTIFICATE)])
  t.after(() => tls.setDefaultCACertificates(trusted))
  const pool = poolOf(t)
  t.assert.equal(await textOf(call(pool, `https://127.0.0.1:${port}`)), '1.1')
})

test('C20: a pool that is closed lets its calls end', async t => {
  const asked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const server = createServer(async (_request, response) => {
    asked.resolve()
    await released.promise
    response.end('to the end')
  })
  const port = await listen(t, server, '127.0.0.1', 0)
  const pool = new Pool({ connections: 4, connectTimeout: 5_000 })
  const answer = textOf(call(pool, `http://127.0.0.1:${port}`))
  await asked.promise
  const closed = pool.close()
  released.resolve()
  t.assert.equal(await answer, 'to the end')
  await closed
})
