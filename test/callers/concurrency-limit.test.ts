import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { Client } from '../journey/client.ts'
import { chatStream, chunk, completion, ROLE } from '../journey/frames.ts'
import { asked, askedMessage, type Bench, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { type Handler, type Script, stream, whole } from '../upstream.ts'

const HEADERS = { 'x-api-key': 'key-of-the-caller-1' }
const FOREVER = new Promise<void>(() => {})

/** A vendor whose calls may take as long as they like, unless a `total` is said. */
function limited(t: TestContext, script: Script, limits: object = { concurrency: 1 }, caller = {}, total = '1h') {
  const keys = [{ name: 'caller', key: HEADERS['x-api-key'], limits, ...caller }]
  return setUp(t, [script, openStream()], {
    config: { keys },
    provider: [{ timeouts: { total }, breaker: { minimumCalls: 1000 } }],
    model: { targets: [{ provider: 'a', model: 'm' }] },
  })
}

function ask({ gateway }: Bench, path = CHAT, body = asked()): Promise<Response> {
  return gateway.post(path, body, HEADERS)
}

/** A stream that has begun and goes on until `rest`. */
function openStream(rest: Promise<void> = FOREVER): Handler {
  return stream([ROLE, chunk({ content: 'one' }), rest, ...chatStream('two').slice(1)])
}

test('D3, D6: a slot is held to the end of the stream, over all routes and both dialects', async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const bench = await limited(t, openStream(rest.promise))
  const client = new Client(bench.gateway.url + CHAT, asked({ stream: true }), HEADERS)
  await client.until('one')
  const refused = await ask(bench)
  t.assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '1'])
  const message =
    'The limit of 1 requests at a time for this API key is reached; wait for one of them to end (setting: keys[].limits.concurrency).'
  const code = 'SLUICE_LIMIT_CONCURRENCY'
  t.assert.deepEqual(await refused.json(), { error: { message, type: 'rate_limit_error', param: null, code } })
  t.assert.equal((await ask(bench, MESSAGES, askedMessage())).status, 429)
  t.assert.equal((await bench.gateway.metrics()).get('sluice_ratelimited_total{limit="concurrency"}'), 2)
  const models = await fetch(`${bench.gateway.url}/v1/models`, { headers: HEADERS })
  t.assert.equal(models.status, 200, 'what no vendor answers takes no slot')

  rest.resolve()
  t.assert.match(await client.whole(), /two/)
  bench.upstream.use(whole(completion()))
  t.assert.equal((await ask(bench)).status, 200)
})

for (const [ending, script, body, total] of [
  ['an answer', whole(completion()), asked()],
  ['an error of the vendor', whole({ error: { message: 'no' } }, { status: 500 }), asked()],
  ['a refusal of the vendor', whole({ error: { message: 'no' } }, { status: 422 }), asked()],
  ['a time-out', () => FOREVER, asked(), '300ms'],
  ['a time-out of a stream', openStream(), asked({ stream: true }), '300ms'],
  ['a stream that breaks', stream([ROLE, chunk({ content: 'one' })]), asked({ stream: true })],
  ['an answer that cannot be translated', whole('nonsense'), askedMessage()],
  ['a model that is unknown', whole(completion()), asked({ model: 'unknown' })],
] as const) {
  test(`D3: a slot is free again after ${ending}`, async (t: TestContext) => {
    const bench = await limited(t, script, undefined, {}, total)
    await (await ask(bench, 'max_tokens' in body ? MESSAGES : CHAT, body)).text()
    bench.upstream.use(whole(completion()))
    for (let count = 0; count < 2; count++) t.assert.equal((await ask(bench)).status, 200)
  })
}

for (const [when, begun] of [
  ['before its answer', false],
  ['in its stream', true],
] as const) {
  test(`D3: a client that leaves ${when} frees its slot once`, async (t: TestContext) => {
    const bench = await limited(t, begun ? openStream() : () => FOREVER)
    const client = new Client(bench.gateway.url + CHAT, asked({ stream: begun }), HEADERS)
    await (begun ? client.until('one') : bench.upstream.request(0))
    client.leave()
    await bench.gateway.ended(1)
    bench.upstream.use(openStream())
    const next = new Client(bench.gateway.url + CHAT, asked({ stream: true }), HEADERS)
    await next.until('one')
    t.assert.equal((await ask(bench)).status, 429, 'one slot, not two')
    next.leave()
    await bench.gateway.ended(3)
  })
}

test('D3: every slot is returned once, however requests end and whenever clients leave', async (t: TestContext) => {
  const bench = await limited(t, whole(completion()), { concurrency: 5 }, {}, '300ms')
  const endings = fc.sample(fc.record({ script: fc.nat(4), leaves: fc.option(fc.nat(20)) }), 60)
  const scripts: readonly Handler[] = [
    whole(completion()),
    whole({ error: { message: 'no' } }, { status: 500 }),
    stream(chatStream('one', 'two')),
    stream([ROLE, chunk({ content: 'one' })]),
    openStream(),
  ]
  const turns = endings.map(({ script }) => scripts[script] as Handler)
  bench.upstream.use(turns as [Handler, ...Handler[]])
  for (const [index, { leaves }] of endings.entries()) {
    const client = new Client(bench.gateway.url + CHAT, asked({ stream: index % 2 === 0 }), HEADERS)
    if (leaves !== null) setTimeout(() => client.leave(), leaves)
    await client.head().catch(() => {})
  }
  // Who left early enough has never been a request.
  while ((await bench.gateway.metrics()).get('sluice_inflight') !== 0) await turn()
  // Of the other vendor, which may take its time.
  const body = asked({ stream: true, model: 'b/m' })
  const held = [1, 2, 3, 4, 5].map(() => new Client(bench.gateway.url + CHAT, body, HEADERS))
  for (const client of held) await client.until('one')
  t.assert.equal((await ask(bench)).status, 429)
})

test('D6: slots of one model are its own, and both limits hold', async (t: TestContext) => {
  const modelLimits = { chat: { concurrency: 1 } }
  const bench = await limited(t, openStream(), { concurrency: 2 }, { modelLimits })
  const streams = [asked({ stream: true }), asked({ stream: true, model: 'a/m' })]
  const clients = []
  for (const body of streams) {
    const client = new Client(bench.gateway.url + CHAT, body, HEADERS)
    await client.until('one')
    clients.push(client)
    const refused = await ask(bench)
    t.assert.equal(refused.status, 429)
    const setting = clients.length === 1 ? /keys\[\]\.modelLimits\.chat\.concurrency/ : /keys\[\]\.limits\.concurrency/
    t.assert.match(await refused.text(), setting)
  }
  for (const client of clients) client.leave()
  await bench.gateway.ended(4)
  bench.upstream.use(whole(completion()))
  t.assert.equal((await ask(bench)).status, 200)
})

test('D3: whoever shares the call of another holds a slot as long as that one', async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const keys = [{ name: 'caller', key: HEADERS['x-api-key'], limits: { concurrency: 2 } }]
  const bench = await setUp(t, [openStream(rest.promise)], { config: { keys }, model: { cache: { ttl: '1m' } } })
  const clients = [1, 2].map(() => new Client(bench.gateway.url + CHAT, asked({ stream: true }), HEADERS))
  for (const client of clients) await client.until('one')
  t.assert.equal((await ask(bench)).status, 429)
  rest.resolve()
  for (const client of clients) await client.whole()
  await bench.gateway.ended(3)
  bench.upstream.use(whole(completion()))
  t.assert.equal((await ask(bench)).status, 200)
})

/** Gives the first slot only when its client has left and the request has been settled: as where Redis is asked, and takes its time. */
const LATE = `
export default async app => {
  const { promise: settled, resolve } = Promise.withResolvers()
  app.addHook('onReady', async () => {
    const { reservations } = app
    const reserve = reservations.reserve.bind(reservations)
    reservations.reserve = async demands => {
      reservations.reserve = reserve
      app.log.info('asks for a slot')
      await settled
      return reserve(demands)
    }
  })
  app.addHook('onRequest', (_request, reply, done) => {
    reply.raw.once('close', () => setImmediate(() => setImmediate(resolve)))
    done()
  })
}`

test('D3: a slot that is given when its client has left already is given back', async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-slots-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const plugin = join(directory, 'late.ts')
  writeFileSync(plugin, LATE)
  const keys = [{ name: 'caller', key: HEADERS['x-api-key'], limits: { concurrency: 1 } }]
  const bench = await setUp(t, [whole(completion())], { config: { keys, plugins: [plugin] } })
  const client = new Client(bench.gateway.url + CHAT, asked(), HEADERS)
  await bench.gateway.logged(({ msg }) => msg === 'asks for a slot')
  client.leave()
  t.assert.equal((await bench.gateway.ended(1)).status, 499)
  await turn()
  await turn()
  t.assert.equal((await ask(bench)).status, 200)
  t.assert.equal(bench.upstream.requests.length, 1, 'nobody was asked for the client that left')
})
