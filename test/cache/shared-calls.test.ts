import { type TestContext, test } from 'node:test'
import { ClientStream } from '../../src/relay/client-stream.ts'
import { deadlines } from '../../src/upstream/deadlines.ts'
import { Client } from '../journey/client.ts'
import { chatStream, chatStreamWithUsage, chunk, completion, DONE, ROLE } from '../journey/frames.ts'
import { asked, askedMessage, attemptsOf, type Bench, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { byteByByte, CUT, type Handler, type Piece, type Script, silence, stream, whole } from '../upstream.ts'

const MANY = 50
const CACHE = { ttl: '1h' }

function withCache(t: TestContext, script: Script, options: Parameters<typeof setUp>[2] = {}): Promise<Bench> {
  return setUp(t, [script], { model: { cache: CACHE }, ...options })
}

/** Waits until so many requests are being answered. */
async function inFlight({ gateway }: Bench, count: number): Promise<void> {
  while ((await gateway.metrics()).get('sluice_inflight') !== count) await new Promise(resolve => setImmediate(resolve))
}

/** Clients that send the same at the same time, once all of them have been heard. */
async function crowd(bench: Bench, count: number, path: string, body: object): Promise<Client[]> {
  const clients = Array.from({ length: count }, () => new Client(bench.gateway.url + path, body))
  await inFlight(bench, count)
  return clients
}

const STREAM = asked({ stream: true })
const [BEGIN, REST] = [chatStream('Hel', 'lo').slice(0, 2), chatStream('Hel', 'lo').slice(2)]

/** A stream that stops after its first word until the test lets it go on. */
function halfway(rest: Iterable<Piece> = REST): { script: Handler; go(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { script: stream([...BEGIN, promise, ...rest]), go: resolve }
}

test('F12: fifty equal calls at once are one upstream call, and all read the same bytes', async (t: TestContext) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const bench = await withCache(t, async (request, response) => {
    await promise
    return whole(completion('Hello'))(request, response)
  })
  const clients = await crowd(bench, MANY, CHAT, asked())
  resolve()
  const heads = await Promise.all(clients.map(client => client.head()))
  const bodies = await Promise.all(clients.map(client => client.whole()))
  t.assert.equal(new Set(bodies).size, 1)
  t.assert.equal((JSON.parse(bodies[0] ?? '') as { object: string }).object, 'chat.completion')
  const said = heads.map(({ headers }) => headers['x-sluice-cache']).sort()
  t.assert.deepEqual(said, ['miss', ...Array(MANY - 1).fill('shared')])
  t.assert.equal(bench.upstream.requests.length, 1)
  await bench.gateway.ended(MANY)
  const lines = bench.gateway.requests
  t.assert.equal(lines.filter(({ attempts }) => attempts === 1).length, 1)
  const followers = lines.filter(({ cache }) => cache === 'shared')
  t.assert.equal(followers.length, MANY - 1)
  for (const line of followers)
    t.assert.deepEqual([line.status, line.attempts, line.inputTokens], [200, undefined, undefined])
  const metrics = await bench.gateway.metrics()
  t.assert.equal(metrics.get('sluice_cache_total{result="shared"}'), MANY - 1)
  t.assert.equal(metrics.get('sluice_attempts_total'), 1)
})

for (const [name, path, body] of [
  ['as it is', CHAT, STREAM],
  ['translated', MESSAGES, askedMessage({ stream: true })],
] as const) {
  for (const [how, cut] of [
    ['in events', (bytes: string) => [bytes]],
    ['byte by byte', byteByByte],
  ] as const) {
    test(`F12: a stream that is passed on ${name}, cut ${how}, is one stream for fifty readers, early and late`, async (t: TestContext) => {
      const gate = Promise.withResolvers<void>()
      const events = chatStreamWithUsage('Hel', 'lo ', 'World')
      const pieces = [cut(events.slice(0, 2).join('')), [gate.promise], cut(events.slice(2).join(''))].flat()
      const bench = await withCache(t, stream(pieces))
      const early = await crowd(bench, MANY / 2, path, body)
      await Promise.all(early.map(client => client.until('Hel')))
      const late = Array.from({ length: MANY / 2 }, () => new Client(bench.gateway.url + path, body))
      await Promise.all(late.map(client => client.until('Hel')))
      gate.resolve()
      const texts = await Promise.all([...early, ...late].map(client => client.whole()))
      t.assert.equal(new Set(texts).size, 1)
      t.assert.match(texts[0] ?? '', /World(?:.|\n)*(?:\[DONE\]|message_stop)/)
      t.assert.equal(bench.upstream.requests.length, 1)
      const replayed = await bench.gateway.post(path, body)
      t.assert.equal(replayed.headers.get('x-sluice-cache'), 'hit')
      t.assert.equal(await replayed.text(), texts[0])
    })
  }
}

test('without the setting equal calls are each asked', async (t: TestContext) => {
  const bench = await setUp(t, [silence()])
  await crowd(bench, 5, CHAT, asked())
  await bench.upstream.request(4)
  t.assert.equal(bench.upstream.requests.length, 5)
})

test('callers never share: each has an upstream call of its own', async (t: TestContext) => {
  const keys = ['key-of-caller-one', 'key-of-caller-two'].map((key, index) => ({ name: `caller-${index}`, key }))
  const { script, go } = halfway()
  const bench = await withCache(t, script, { config: { keys } })
  const clients = keys.map(({ key }) => new Client(bench.gateway.url + CHAT, STREAM, { 'x-api-key': key }))
  await Promise.all(clients.map(client => client.until('Hel')))
  go()
  const heads = await Promise.all(clients.map(client => client.head()))
  t.assert.deepEqual(
    heads.map(({ headers }) => headers['x-sluice-cache']),
    ['miss', 'miss'],
  )
  t.assert.equal(bench.upstream.requests.length, 2)
})

test('a call for a stream and one without are not the same', async (t: TestContext) => {
  const bench = await withCache(t, silence())
  await crowd(bench, 1, CHAT, asked())
  new Client(bench.gateway.url + CHAT, STREAM)
  await bench.upstream.request(1)
  t.assert.equal(bench.upstream.requests.length, 2)
})

for (const [name, kind] of [
  ['before the answer begins', 'whole'],
  ['in the middle of its stream', 'stream'],
] as const) {
  test(`F12: the client that began the call leaves ${name}: the others read on, and its tokens are counted once`, async (t: TestContext) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const bench = await withCache(
      t,
      kind === 'whole'
        ? async (request, response) => {
            await promise
            return whole(completion('Hello'))(request, response)
          }
        : stream([...BEGIN, promise, ...chatStreamWithUsage('Hel', 'lo').slice(2)]),
    )
    const body = asked({ stream: kind === 'stream' })
    const [leader] = await crowd(bench, 1, CHAT, body)
    await bench.upstream.request(0)
    const others = Array.from({ length: 3 }, () => new Client(bench.gateway.url + CHAT, body))
    await inFlight(bench, 4)
    if (kind === 'stream') await Promise.all(others.map(client => client.until('Hel')))
    leader?.leave()
    await inFlight(bench, 3)
    resolve()
    for (const client of others) {
      t.assert.equal(await client.over(), 'ended')
      t.assert.match(client.text, /lo/)
    }
    await bench.gateway.ended(4)
    const line = bench.gateway.requests.find(({ cache }) => cache === 'miss')
    t.assert.deepEqual([line?.status, line?.attempts, line?.inputTokens], [499, 1, 7])
    t.assert.equal(await attemptsOf(bench.gateway, 'a', 'ok'), 1)
    const replayed = await bench.gateway.post(CHAT, body)
    t.assert.equal(replayed.headers.get('x-sluice-cache'), 'hit')
    await replayed.text()
  })
}

test('A3, A5: when all have left, the upstream call is cut', async (t: TestContext) => {
  const { script } = halfway()
  const bench = await withCache(t, [script, silence()])
  for (const [index, body] of [STREAM, asked()].entries()) {
    const clients = await crowd(bench, 3, CHAT, body)
    const seen = await bench.upstream.request(index)
    for (const client of clients) client.leave()
    t.assert.equal(await seen.over, 'cut')
    await inFlight(bench, 0)
  }
  await bench.gateway.ended(6)
  t.assert.equal(await attemptsOf(bench.gateway, 'a', 'cancelled'), 2)
  t.assert.deepEqual([...new Set(bench.gateway.requests.map(({ status }) => status))], [499])
})

test('A20: a reader that stands still keeps no other waiting, and is told when it is too far behind', async (t: TestContext) => {
  const large = chunk({ content: 'x'.repeat(1024 * 1024) })
  const { promise, resolve } = Promise.withResolvers<void>()
  const bench = await withCache(t, stream([...BEGIN, promise, ...Array(20).fill(large), DONE]), {
    model: { cache: { ...CACHE, maxSize: '2MiB' } },
  })
  const clients = await crowd(bench, 3, CHAT, STREAM)
  await Promise.all(clients.map(client => client.until('Hel')))
  const [slow, ...quick] = clients
  slow?.pause()
  resolve()
  for (const client of quick) {
    t.assert.equal(await client.over(), 'ended')
    t.assert.equal(client.bytes.length, BEGIN.join('').length + 20 * large.length + DONE.length)
  }
  slow?.resume()
  t.assert.equal(await slow?.over(), 'ended')
  const text = slow?.text ?? ''
  t.assert.match(text.slice(-300), /SLUICE_REQUEST_READER_SLOW/)
  t.assert.equal(text.lastIndexOf('"error"'), text.indexOf('"error"'))
  t.assert.equal(bench.upstream.requests.length, 1)
})

test('all who share a failed call get its error; the next call is asked anew', async (t: TestContext) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const bench = await withCache(t, async (request, response) => {
    await promise
    return whole({ error: { message: 'slow down' } }, { status: 429, headers: { 'retry-after': '0' } })(
      request,
      response,
    )
  })
  const clients = await crowd(bench, 10, CHAT, asked())
  resolve()
  for (const client of clients) {
    t.assert.equal((await client.head()).status, 429)
    t.assert.match(await client.whole(), /slow down/)
  }
  t.assert.equal(bench.upstream.requests.length, 1, 'ten who share do not come back as ten')
})

test('a stream that breaks ends in the same error for all who read it', async (t: TestContext) => {
  const { script, go } = halfway([CUT])
  const bench = await withCache(t, script)
  const clients = await crowd(bench, 3, CHAT, STREAM)
  await Promise.all(clients.map(client => client.until('Hel')))
  go()
  const texts = await Promise.all(clients.map(client => client.whole()))
  t.assert.equal(new Set(texts).size, 1)
  t.assert.match(texts[0] ?? '', /SLUICE_UPSTREAM_STREAM/)
  await bench.gateway.ended(3)
  t.assert.deepEqual([...new Set(bench.gateway.requests.map(({ failure }) => failure))], ['network'])
})

test('a gateway that stops tells all readers of a stream', async (t: TestContext) => {
  const { script } = halfway()
  const bench = await withCache(t, script, { config: { listen: { drain: '100ms' } } })
  const clients = await crowd(bench, 3, CHAT, STREAM)
  await Promise.all(clients.map(client => client.until('Hel')))
  await bench.gateway.app.api.close()
  for (const client of clients) t.assert.match(await client.whole(), /shutting down/)
})

test('an answer that a filter ended is not kept', async (t: TestContext) => {
  const choices = [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'content_filter' }]
  const bench = await withCache(t, whole(completion('', { choices })))
  for (let count = 0; count < 2; count += 1) {
    const answer = await bench.gateway.post(CHAT, asked())
    t.assert.equal(answer.headers.get('x-sluice-cache'), 'miss')
    await answer.text()
  }
})

test('the last events are not waited for: a vendor that keeps its socket open does not hold up the next equal call', async (t: TestContext) => {
  const bench = await withCache(t, stream([ROLE, chunk({ content: 'x' }), DONE, new Promise(() => {})]))
  await new Client(bench.gateway.url + CHAT, STREAM).whole()
  const second = new Client(bench.gateway.url + CHAT, STREAM)
  t.assert.equal((await second.head()).headers['x-sluice-cache'], 'hit')
  await second.over()
})

test('C19: of a client that leaves a shared stream nothing stays that would be sent signs of life', async (t: TestContext) => {
  const watch = t.mock.method(deadlines, 'watch')
  const { script, go } = halfway()
  const bench = await withCache(t, script)
  const [leaving, staying] = (await crowd(bench, 2, CHAT, STREAM)) as [Client, Client]
  await Promise.all([leaving.until('Hel'), staying.until('Hel')])
  leaving.leave()
  await inFlight(bench, 1)
  go()
  await staying.whole()
  await bench.gateway.ended(2)
  const entries = watch.mock.calls.map(({ arguments: [entry] }) => entry)
  t.assert.equal(entries.filter(entry => entry instanceof ClientStream).length, 2)
  t.assert.deepEqual(
    entries.filter(({ slot }) => slot >= 0),
    [],
  )
})
