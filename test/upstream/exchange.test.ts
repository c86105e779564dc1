import { type TestContext, test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { Exchange, type ExchangeRequest } from '../../src/upstream/exchange.ts'
import type { FailedOutcome } from '../../src/upstream/failure.ts'
import type { Outcome, StreamOutcome, WholeOutcome } from '../../src/upstream/outcome.ts'
import { Pool } from '../../src/upstream/pool.ts'
import {
  CUT,
  dropReused,
  type Handler,
  RESET,
  type Script,
  silence,
  startUpstream,
  stream,
  thenClose,
  type Upstream,
  whole,
} from '../upstream.ts'

const GONE: FailedOutcome = { type: 'failed', kind: 'cancelled', reason: 'the client went away' }
const PATIENT = { firstByte: 60_000, idle: 60_000, total: 60_000 }

interface Bench {
  readonly upstream: Upstream
  readonly pool: Pool
  /** An exchange that has not started. */
  make(request?: Partial<ExchangeRequest>): Exchange
  /** Starts one and waits for its outcome. */
  call(request?: Partial<ExchangeRequest>): Promise<Outcome>
}

async function setUp(t: TestContext, script: Script, connections = 4): Promise<Bench> {
  const upstream = await startUpstream(script)
  const pool = new Pool({ connections, connectTimeout: 5_000 })
  t.after(async () => {
    await upstream.close()
    await pool.close()
  })
  const make: Bench['make'] = request =>
    new Exchange({
      pool,
      method: 'POST',
      origin: upstream.url,
      path: '/v1/x',
      query: '',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{"a":1}'),
      stream: false,
      timeouts: PATIENT,
      ...request,
    })
  const call: Bench['call'] = request => {
    const exchange = make(request)
    exchange.start()
    return exchange.outcome
  }
  return { upstream, pool, make, call }
}

/** Deadlines come about where the test says so, ms. */
function holdTime(t: TestContext): (ms: number) => void {
  t.mock.timers.enable({ apis: ['setInterval'] })
  // The interval must not be left behind: a tick without entries ends it.
  t.after(() => t.mock.timers.tick(5_000))
  return ms => t.mock.timers.tick(ms)
}

/** All bytes of a stream, or how it failed. */
function drain({ body }: StreamOutcome): Promise<Buffer | FailedOutcome> {
  const chunks: Buffer[] = []
  return new Promise(resolve =>
    body.attach({
      data: chunk => chunks.push(chunk),
      end: () => resolve(Buffer.concat(chunks)),
      fail: resolve,
    }),
  )
}

async function openStream(bench: Bench, request?: Partial<ExchangeRequest>): Promise<StreamOutcome> {
  const outcome = await bench.call({ stream: true, ...request })
  if (outcome.type !== 'stream') throw new Error(`no stream: ${JSON.stringify(outcome)}`)
  return outcome
}

test('a whole answer comes in one piece with its status and headers', async t => {
  const bench = await setUp(t, whole({ ok: true }, { status: 404, headers: { 'x-y': 'z' } }))
  const outcome = (await bench.call({ query: 'beta=true' })) as WholeOutcome
  t.assert.equal(outcome.type, 'whole')
  t.assert.equal(outcome.status, 404)
  t.assert.equal(outcome.headers['x-y'], 'z')
  t.assert.equal(outcome.body.toString(), '{"ok":true}')
  const seen = await bench.upstream.request(0)
  t.assert.equal(`${seen.method} ${seen.url} ${seen.body}`, 'POST /v1/x?beta=true {"a":1}')
})

test('a stream is known by its head, and an error is whole whatever its type', async t => {
  const bench = await setUp(t, [stream(['a', 'b']), stream(['no'], { status: 500 })])
  t.assert.equal(String(await drain(await openStream(bench))), 'ab')
  const refusal = (await bench.call({ stream: true })) as WholeOutcome
  t.assert.equal(`${refusal.type} ${refusal.status} ${refusal.body}`, 'whole 500 no')
})

test('the name of a media type has no case', async t => {
  const headers = { 'content-type': 'Text/Event-Stream' }
  const bench = await setUp(t, stream(['a'], { headers }))
  t.assert.equal(String(await drain(await openStream(bench))), 'a')
})

test('a number that is no status is an error of the vendor', async t => {
  const bench = await setUp(t, whole({ ok: true }, { status: 999 }))
  t.assert.equal(((await bench.call()) as WholeOutcome).status, 599)
})

test('A22: what was compressed against our wish is decoded, whole and streamed', async t => {
  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const) {
    const headers = { 'content-encoding': encoding }
    const text = 'data: "👩‍🚀"\n\n'.repeat(1_000)
    const bytes = compress(text)
    const bench = await setUp(t, [
      whole(bytes, { headers }),
      stream([bytes.subarray(0, 9), bytes.subarray(9)], { headers }),
    ])
    t.assert.equal(String(((await bench.call()) as WholeOutcome).body), text, encoding)
    t.assert.equal(String(await drain(await openStream(bench))), text, encoding)
  }
})

test('A22: what says it is compressed and is not fails, before or within the stream', async t => {
  const headers = { 'content-encoding': 'gzip' }
  const bench = await setUp(t, [whole('{"plain":1}', { headers }), stream(['plain'], { headers })])
  t.assert.equal(((await bench.call()) as FailedOutcome).kind, 'network')
  t.assert.equal(((await drain(await openStream(bench))) as FailedOutcome).kind, 'network')
})

test('a bomb of 65 MiB in a few KiB is not unpacked to its end', async t => {
  const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024))
  const bench = await setUp(t, whole(bomb, { headers: { 'content-encoding': 'gzip' } }))
  t.assert.match(((await bench.call()) as FailedOutcome).reason, /too large/)
})

test('C10: a refused connection, an unknown host and a reset are network failures that name no address', async t => {
  const bench = await setUp(t, stream([RESET]))
  const dead = await startUpstream(silence())
  await dead.close()
  for (const origin of [dead.url, 'http://gateway.invalid', bench.upstream.url]) {
    const outcome = await bench.call({ origin, stream: true })
    const failure = (outcome.type === 'stream' ? await drain(outcome) : outcome) as FailedOutcome
    t.assert.equal(failure.kind, 'network', origin)
    t.assert.doesNotMatch(failure.reason, /\d|invalid|127/)
  }
})

test('an abort before the start sends nothing', async t => {
  const bench = await setUp(t, whole({}))
  const exchange = bench.make()
  exchange.abort(GONE)
  exchange.start()
  t.assert.equal(await exchange.outcome, GONE)
  await bench.call()
  t.assert.equal(bench.upstream.requests.length, 1)
})

test('so does an abort in the turn of the start', async t => {
  const bench = await setUp(t, whole({}))
  const exchange = bench.make()
  exchange.start()
  exchange.abort(GONE)
  t.assert.equal(await exchange.outcome, GONE)
  await bench.call()
  t.assert.equal(bench.upstream.requests.length, 1)
})

test('an abort while the request waits for a free connection never reaches the wire, and harms no neighbour', async t => {
  const released = Promise.withResolvers<void>()
  const bench = await setUp(t, [stream(['x', released.promise]), whole({ ok: true })], 1)
  const busy = await openStream(bench)
  const waiting = bench.make()
  waiting.start()
  waiting.abort(GONE)
  t.assert.equal(await waiting.outcome, GONE)
  released.resolve()
  t.assert.equal(String(await drain(busy)), 'x')
  t.assert.equal(((await bench.call()) as WholeOutcome).status, 200)
  t.assert.equal(bench.upstream.requests.length, 2)
})

test('C25: a wait for a connection in vain is told as such, and the first byte is expected from its end on', async t => {
  const { promise: words, resolve: speak } = Promise.withResolvers<void>()
  const bench = await setUp(t, [silence(), stream([words, 'x'])], 1)
  const pass = holdTime(t)
  const first = bench.call({ timeouts: { ...PATIENT, total: 200 } })
  const within = (firstByte: number) => bench.make({ stream: true, timeouts: { ...PATIENT, firstByte } })
  const [hasty, patient] = [within(50), within(250)]
  await bench.upstream.request(0)
  for (const waiting of [hasty, patient]) waiting.start()
  pass(100)
  t.assert.match(((await hasty.outcome) as FailedOutcome).reason, /no connection .* became free/)
  t.assert.deepEqual([hasty.crowdedOut, bench.pool.full], [true, true])
  pass(125)
  t.assert.equal(((await first) as FailedOutcome).kind, 'timeout')
  await bench.upstream.request(1)
  pass(225)
  speak()
  t.assert.equal(String(await drain((await patient.outcome) as StreamOutcome)), 'x')
  t.assert.deepEqual([patient.crowdedOut, bench.pool.calls], [false, 0])
})

test("an abort closes the vendor's socket: before the head, and within the stream", async t => {
  const bench = await setUp(t, [silence(), stream(['x', new Promise(() => {})])])
  const early = bench.make()
  early.start()
  const first = await bench.upstream.request(0)
  early.abort(GONE)
  t.assert.equal(await early.outcome, GONE)
  t.assert.equal(await first.over, 'cut')
  const { body } = await openStream(bench)
  body.abort()
  t.assert.equal(await (await bench.upstream.request(1)).over, 'cut')
})

test('a total timeout ends a call without a stream', async t => {
  const bench = await setUp(t, silence())
  const outcome = (await bench.call({ timeouts: { ...PATIENT, total: 50 } })) as FailedOutcome
  t.assert.equal(outcome.kind, 'timeout')
  t.assert.match(outcome.reason, /total/)
  t.assert.equal(await (await bench.upstream.request(0)).over, 'cut')
})

test('a connection that could not be opened for want of files is our fault, and says so', async t => {
  const bench = await setUp(t, silence())
  const exchange = bench.make({})
  exchange.onResponseError({} as Dispatcher.DispatchController, Object.assign(new Error(), { code: 'EMFILE' }))
  t.assert.match(((await exchange.outcome) as FailedOutcome).reason, /the gateway may open no more/)
  t.assert.equal(exchange.crowdedOut, true)
})

test('firstByte is for streams alone', async t => {
  const released = Promise.withResolvers<void>()
  const answer: Handler = async (request, response) => {
    await released.promise
    return whole({ ok: true })(request, response)
  }
  const bench = await setUp(t, answer)
  const whole1 = bench.call({ timeouts: { ...PATIENT, firstByte: 1, idle: 1 } })
  const streamed = (await bench.call({ stream: true, timeouts: { ...PATIENT, firstByte: 50 } })) as FailedOutcome
  t.assert.match(streamed.reason, /first-byte/)
  released.resolve()
  t.assert.equal((await whole1).type, 'whole')
})

test('A14: a head without a byte behind it runs into the first-byte timeout', async t => {
  const bench = await setUp(t, stream([new Promise(() => {})]))
  const pass = holdTime(t)
  const outcome = await openStream(bench, { timeouts: { ...PATIENT, firstByte: 50 } })
  pass(100)
  const failure = (await drain(outcome)) as FailedOutcome
  t.assert.match(failure.reason, /first-byte/)
  t.assert.equal(await (await bench.upstream.request(0)).over, 'cut')
})

test('A15: silence after the first event runs into the idle timeout', async t => {
  const bench = await setUp(t, stream(['x', new Promise(() => {})]))
  const outcome = await openStream(bench, { timeouts: { ...PATIENT, idle: 50 } })
  outcome.body.begin()
  const failure = (await drain(outcome)) as FailedOutcome
  t.assert.match(failure.reason, /idle/)
})

test('A20: while the client holds the vendor back its silence is no failure, until the total is over', async t => {
  const bench = await setUp(t, stream(['x', new Promise(() => {})]))
  const outcome = await openStream(bench, { timeouts: { firstByte: 5_000, idle: 30, total: 400 } })
  const startedAt = performance.now()
  const failure = await new Promise<FailedOutcome>(resolve =>
    outcome.body.attach({ data: () => outcome.body.pause(), end: () => {}, fail: resolve }),
  )
  t.assert.match(failure.reason, /total/)
  t.assert.equal(performance.now() - startedAt > 150, true, 'the idle timeout would have been far earlier')
})

test('A20: so is a compressed stream, of which the vendor has sent all', async t => {
  const headers = { 'content-encoding': 'gzip' }
  const bench = await setUp(t, stream([gzipSync('data: "x"\n\n'.repeat(100_000))], { headers }))
  const { body } = await openStream(bench, { timeouts: { ...PATIENT, total: 200 } })
  const failure = await new Promise<FailedOutcome>(resolve =>
    body.attach({ data: () => body.pause(), end: () => {}, fail: resolve }),
  )
  t.assert.match(failure.reason, /total/)
})

test('A14: bytes that are no event do not hold off the first-byte timeout', async t => {
  const bench = await setUp(t, stream([': working', new Promise(() => {})]))
  const pass = holdTime(t)
  const outcome = await openStream(bench, { timeouts: { ...PATIENT, firstByte: 50 } })
  pass(100)
  const failure = (await drain(outcome)) as FailedOutcome
  t.assert.match(failure.reason, /first-byte/)
})

test('C24: a reused socket that the vendor closed is tried again once, unnoticed', async t => {
  const bench = await setUp(t, dropReused(whole({ ok: true })), 1)
  t.assert.equal((await bench.call()).type, 'whole')
  t.assert.equal((await bench.call()).type, 'whole')
  t.assert.equal(bench.upstream.requests.length, 3)
  t.assert.equal(bench.upstream.connections, 2)
})

test('C24: so is one that was closed between the calls', async t => {
  const bench = await setUp(t, thenClose(whole({ ok: true })), 1)
  for (let turn = 0; turn < 20; turn += 1) t.assert.equal((await bench.call()).type, 'whole')
})

test('C24: so is one that was closed while another connection was opened', async t => {
  const released = Promise.withResolvers<void>()
  const dying: Handler = async (_request, response) => {
    await released.promise
    response.destroy()
  }
  const bench = await setUp(t, [whole({ ok: true }), dying, whole({ ok: true })])
  await bench.call()
  // Its connection is free again a moment later.
  await new Promise(resolve => setImmediate(resolve))
  const reused = bench.call()
  t.assert.equal((await bench.upstream.request(1)).turn, 2)
  const other = bench.call()
  t.assert.equal((await bench.upstream.request(2)).connection, 2)
  await other
  released.resolve()
  t.assert.equal((await reused).type, 'whole')
})

test('a fresh connection that dies beside others is not tried again', async t => {
  const released = Promise.withResolvers<void>()
  const dying: Handler = async (_request, response) => {
    await released.promise
    response.destroy()
  }
  const bench = await setUp(t, dying)
  const calls = [bench.call(), bench.call(), bench.call()]
  await bench.upstream.request(2)
  released.resolve()
  for (const call of calls) t.assert.equal(((await call) as FailedOutcome).kind, 'network')
  t.assert.equal(bench.upstream.requests.length, 3)
})

test('a fresh connection that dies is not tried again: the vendor may have begun', async t => {
  const bench = await setUp(t, (_request, response) => void response.destroy(), 1)
  t.assert.equal(((await bench.call()) as FailedOutcome).kind, 'network')
  t.assert.equal(bench.upstream.requests.length, 1)
})

test('an answer that has begun is not tried again', async t => {
  const bench = await setUp(
    t,
    [whole({ ok: true }), stream(['x', CUT], { headers: { 'content-type': 'application/json' } })],
    1,
  )
  await bench.call()
  t.assert.equal(((await bench.call()) as FailedOutcome).kind, 'network')
  t.assert.equal(bench.upstream.requests.length, 2)
})

test('A13: a stream that is cut fails, one that is closed properly ends', async t => {
  const bench = await setUp(t, [stream(['x', CUT]), stream(['x', RESET]), stream(['x'])])
  t.assert.equal(((await drain(await openStream(bench))) as FailedOutcome).kind, 'network')
  t.assert.equal(((await drain(await openStream(bench))) as FailedOutcome).kind, 'network')
  t.assert.equal(String(await drain(await openStream(bench))), 'x')
})

test('a vendor that says first that it works (102) and hints (103) is heard at its real answer', async t => {
  const bench = await setUp(t, (_request, response) => {
    response.writeProcessing()
    response.writeEarlyHints({ link: '</x>; rel=preload' })
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{}')
  })
  t.assert.equal(((await bench.call()) as WholeOutcome).status, 200)
})

test('a 100 that nobody waited for breaks the connection, as undici will have it, and no call but its own', async t => {
  const bench = await setUp(t, [
    (request, response) => {
      response.writeContinue()
      return whole({ ok: true })(request, response)
    },
    whole({ ok: true }),
  ])
  t.assert.equal(((await bench.call()) as FailedOutcome).kind, 'network')
  t.assert.equal((await bench.call()).type, 'whole')
})
