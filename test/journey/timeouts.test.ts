import { createRequire } from 'node:module'
import { type TestContext, test } from 'node:test'
import { Agent, request } from 'undici'
import { type Handler, silence, stream, type Upstream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, chunk, completion, DONE, FINISH, parsed, ROLE } from './frames.ts'
import { asked, askedMessage, attemptsOf, CHAT, MESSAGES, setUp } from './setup.ts'

const STREAM = asked({ stream: true })
const NEVER = new Promise(() => {})
const HASTY = { timeouts: { firstByte: '100ms' } }

test('A14: a 200 that is followed by nothing is given up for the next target', async t => {
  const { gateway, upstream } = await setUp(t, [stream([NEVER]), stream(chatStream('second'))], { provider: [HASTY] })
  const client = new Client(gateway.url + CHAT, STREAM)
  t.assert.match(await client.whole(), /second/)
  t.assert.equal((await client.head()).headers['x-sluice-target'], 'b/m')
  t.assert.equal(await (await upstream.request(0)).over, 'cut')
  t.assert.equal(await attemptsOf(gateway, 'a', 'timeout'), 1)
})

test('A14: so is a vendor that does not even send a head', async t => {
  const { gateway } = await setUp(t, [silence(), stream(chatStream('second'))], { provider: [HASTY] })
  t.assert.match(await new Client(gateway.url + CHAT, STREAM).whole(), /second/)
})

test('C10: a timeout of every target is a 504, streaming or not', async t => {
  const { gateway } = await setUp(t, [silence(), silence()], {
    provider: { timeouts: { firstByte: '50ms', total: '50ms' } },
  })
  for (const body of [asked(), STREAM]) {
    const response = await gateway.post(CHAT, body)
    t.assert.equal(response.status, 504)
    t.assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'SLUICE_UPSTREAM_TIMEOUT')
  }
  const response = await gateway.post(MESSAGES, askedMessage())
  t.assert.equal(response.status, 504)
  t.assert.equal(((await response.json()) as { type: string }).type, 'error')
})

test('A15: silence behind the first words ends the stream with an error and frees the socket', async t => {
  const { gateway, upstream } = await setUp(t, [stream([ROLE, chunk({ content: 'so far' }), NEVER])], {
    provider: { timeouts: { idle: '100ms' } },
  })
  const text = await new Client(gateway.url + CHAT, STREAM).whole()
  t.assert.match(text, /so far/)
  t.assert.match(text, /SLUICE_UPSTREAM_TIMEOUT/)
  t.assert.equal('error' in (parsed(text).at(-1)?.json ?? {}), true)
  t.assert.equal(await (await upstream.request(0)).over, 'cut')
  t.assert.equal((await gateway.ended(1)).failure, 'timeout')
})

test('A15: a thousand such streams do not use up a pool of fifty', async t => {
  const { gateway, upstream } = await setUp(t, [stream([ROLE, chunk({ content: 'x' }), NEVER])], {
    provider: { connections: 50, timeouts: { idle: '1ms' }, breaker: { minimumCalls: 10_000 } },
  })
  // Not all at once: a kernel resets connections of which more than it keeps (511) wait for a busy process to accept them.
  for (let round = 0; round < 5; round += 1) {
    const clients = Array.from({ length: 200 }, () => new Client(gateway.url + CHAT, STREAM))
    for (const client of clients) t.assert.match(await client.whole(), /SLUICE_UPSTREAM_TIMEOUT/)
  }
  upstream.use(stream(chatStream('still here')))
  t.assert.match(await new Client(gateway.url + CHAT, STREAM).whole(), /still here/)
  t.assert.equal((await gateway.metrics()).get('sluice_inflight'), 0)
})

/** undici counts its timeouts on a clock of its own, which its tests move like this. */
const undiciClock = createRequire(import.meta.url)('undici/lib/util/timers.js') as { tick(ms: number): void }

/** Time passes only where the test says so: in the gateway and in undici. Sockets do not know. */
function holdTime(t: TestContext): (ms: number) => void {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  // The deadlines of the process must not be left on an interval that never comes: without any left they end it.
  t.after(() => t.mock.timers.tick(5_000))
  return ms => {
    t.mock.timers.tick(ms)
    undiciClock.tick(ms)
  }
}

/** The same call where undici is left to itself: its head, and how it ends. */
function withoutUs(t: TestContext, { url }: Upstream): { head: Promise<unknown>; ending: Promise<string> } {
  const agent = new Agent()
  t.after(() => agent.destroy())
  const head = request(url, { dispatcher: agent })
  const ending = head
    .then(({ body }) => body.text())
    .then(
      () => 'answered',
      (error: { code: string }) => error.code,
    )
  return { head, ending }
}

/** A vendor that answers when it is told to. */
function answers(when: Promise<void>): Handler {
  return async (seen, response) => {
    await when
    return whole(completion('at last'))(seen, response)
  }
}

test('A16: a call that takes eight minutes to its head succeeds, where undici by itself would give up', async t => {
  const released = Promise.withResolvers<void>()
  const { gateway, upstream } = await setUp(t, [answers(released.promise)])
  const pass = holdTime(t)
  const client = new Client(gateway.url + CHAT, asked())
  await upstream.request(0)
  const control = withoutUs(t, upstream)
  await upstream.request(1)

  for (let minute = 0; minute < 8; minute += 1) pass(60_000)
  t.assert.equal(await control.ending, 'UND_ERR_HEADERS_TIMEOUT')
  released.resolve()
  t.assert.match(await client.whole(), /at last/)
  t.assert.equal((await client.head()).status, 200)
})

test('A16: so does a stream that may fall silent for ten minutes and does so for six', async t => {
  const released = Promise.withResolvers<void>()
  const { gateway, upstream } = await setUp(
    t,
    [stream([ROLE, chunk({ content: 'x' }), released.promise, FINISH, DONE])],
    {
      provider: { timeouts: { idle: '10m' } },
    },
  )
  const pass = holdTime(t)
  const client = new Client(gateway.url + CHAT, STREAM)
  await client.until('x')
  const control = withoutUs(t, upstream)
  await control.head
  for (let minute = 0; minute < 6; minute += 1) pass(60_000)
  t.assert.equal(await control.ending, 'UND_ERR_BODY_TIMEOUT')
  released.resolve()
  t.assert.match(await client.whole(), /\[DONE\]/)
})

test('A16: a stream of twenty minutes with a word every thirty seconds succeeds', async t => {
  const gates = Array.from({ length: 40 }, () => Promise.withResolvers<void>())
  async function* words(): AsyncGenerator<string> {
    yield ROLE
    for (const [index, gate] of gates.entries()) {
      yield chunk({ content: `word${index};` })
      await gate.promise
    }
    yield FINISH
    yield DONE
  }
  const { gateway } = await setUp(t, [stream(words())])
  const pass = holdTime(t)
  const client = new Client(gateway.url + CHAT, STREAM)
  for (const [index, gate] of gates.entries()) {
    await client.until(`word${index};`)
    pass(30_000)
    gate.resolve()
  }
  t.assert.match(await client.whole(), /\[DONE\]/)
  t.assert.doesNotMatch(client.text, /error/)
})

test('A16: the same stream is ended by the total timeout when it is set to ten minutes', async t => {
  const { gateway, upstream } = await setUp(t, [stream([ROLE, chunk({ content: 'x' }), NEVER])], {
    provider: { timeouts: { total: '10m', idle: '20m' } },
  })
  const pass = holdTime(t)
  const client = new Client(gateway.url + CHAT, STREAM)
  await client.until('x')
  pass(9 * 60_000)
  pass(61_000)
  t.assert.match(await client.whole(), /total timeout/)
  t.assert.equal(await (await upstream.request(0)).over, 'cut')
})

test('a model that thinks in silence behind its opening event is shown after ten seconds', async t => {
  const released = Promise.withResolvers<void>()
  const { gateway, upstream } = await setUp(t, [stream([ROLE, released.promise, chunk({ content: 'x' }), DONE])])
  const pass = holdTime(t)
  const client = new Client(gateway.url + CHAT, STREAM)
  await upstream.request(0)
  let shown = false
  const head = client.head().finally(() => {
    shown = true
  })
  let seconds = 0
  for (; !shown; seconds += 1) {
    pass(1_000)
    await new Promise(resolve => setImmediate(resolve))
  }
  t.assert.equal(seconds >= 10, true, `${seconds} s`)
  t.assert.equal((await head).headers['x-sluice-target'], 'a/m')
  released.resolve()
  t.assert.match(await client.whole(), /\[DONE\]/)
})
