import { type TestContext, test } from 'node:test'
import type { LogLine } from '../helper.ts'
import { timeOf } from '../timing.ts'
import { type Handler, type SeenRequest, silence, stream } from '../upstream.ts'
import { Client } from './client.ts'
import { chunk, completion, DONE, messageStream, ROLE } from './frames.ts'
import { asked, askedMessage, attemptsOf, type Bench, breakerOf, CHAT, MESSAGES, setUp } from './setup.ts'

const NEVER = new Promise(() => {})

/** The client has gone: the vendor's connection is cut, one attempt was made, it counts as cancelled and nothing else. */
async function assertSettled(t: TestContext, { gateway, upstreams }: Bench, seen: SeenRequest): Promise<LogLine> {
  const ms = await timeOf(async () => t.assert.equal(await seen.over, 'cut'))
  t.assert.equal(ms < 1_000, true, 'within a second')
  const line = await gateway.ended(1)
  t.assert.equal(line.status, 499)
  t.assert.equal(line.attempts, 1)
  t.assert.equal(upstreams.flatMap(({ requests }) => requests).length, 1, 'neither a retry nor a fallback')

  const metrics = await gateway.metrics()
  t.assert.equal(metrics.get('sluice_inflight'), 0)
  t.assert.equal(metrics.get(`api_requests_total{endpoint="${line.endpoint}",status="499"}`), 1)
  t.assert.equal(metrics.get('sluice_attempts_total'), 1)
  t.assert.equal(await attemptsOf(gateway, 'a', 'cancelled'), 1)
  t.assert.equal(await attemptsOf(gateway, 'a', 'ok'), 0)
  t.assert.equal(await breakerOf(gateway, 'a'), 0)
  t.assert.equal(gateway.requests.length, 1, 'one line a request')
  t.assert.deepEqual(
    gateway.logs.filter(({ level }) => level >= 40),
    [],
  )
  return line
}

for (const [name, path, body] of [
  ['chat completions', CHAT, asked],
  ['messages', MESSAGES, askedMessage],
] as const) {
  test(`A4: ${name}: gone before the head of a stream`, async t => {
    const bench = await setUp(t, [silence(), silence()])
    const client = new Client(bench.gateway.url + path, body({ stream: true }))
    const seen = await bench.upstream.request(0)
    client.leave()
    await assertSettled(t, bench, seen)
  })

  test(`A4: ${name}: gone between the head and the first content, while the answer is held`, async t => {
    const bench = await setUp(t, [stream([ROLE, NEVER]), silence()])
    const client = new Client(bench.gateway.url + path, body({ stream: true }))
    const seen = await bench.upstream.request(0)
    client.leave()
    await assertSettled(t, bench, seen)
  })

  test(`A5: ${name}: gone during a call without a stream`, async t => {
    const bench = await setUp(t, [silence(), silence()])
    const client = new Client(bench.gateway.url + path, body())
    const seen = await bench.upstream.request(0)
    client.leave()
    await assertSettled(t, bench, seen)
  })

  test(`A5: ${name}: gone while the body of the answer is still coming`, async t => {
    const sent = Promise.withResolvers<void>()
    const half: Handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 })
      response.write('{"id":"c1",', () => sent.resolve())
    }
    const bench = await setUp(t, [half, silence()])
    const client = new Client(bench.gateway.url + path, body())
    const seen = await bench.upstream.request(0)
    await sent.promise
    client.leave()
    await assertSettled(t, bench, seen)
  })

  test(`A3: ${name}: gone in the middle of a stream`, async t => {
    const bench = await setUp(t, [stream([ROLE, chunk({ content: 'Hello' }), NEVER]), silence()])
    const client = new Client(bench.gateway.url + path, body({ stream: true }))
    await client.until('Hello')
    client.leave()
    const line = await assertSettled(t, bench, await bench.upstream.request(0))
    t.assert.equal(line.failure, 'cancelled')
  })
}

test('A6: gone before the usage: what went by is counted, as an estimate', async t => {
  const words = Array.from({ length: 50 }, (_, index) => chunk({ content: `word ${index} ` }))
  const { gateway } = await setUp(t, [stream([ROLE, ...words, NEVER])])
  const client = new Client(gateway.url + CHAT, asked({ stream: true, max_tokens: 4_000 }))
  await client.until('word 49')
  client.leave()
  const { inputTokens, outputTokens, estimated } = await gateway.ended(1)
  t.assert.equal(estimated, true)
  t.assert.equal(Number(inputTokens) > 0 && Number(inputTokens) < 100, true, `${inputTokens} input tokens`)
  t.assert.equal(Number(outputTokens) > 50 && Number(outputTokens) < 250, true, `${outputTokens} output tokens`)
})

test('A6: gone before the usage of a message: its input is what the vendor said', async t => {
  const pieces = messageStream('one ', 'two ').slice(0, 4)
  const { gateway } = await setUp(t, [stream([...pieces, NEVER])], { types: ['anthropic'] })
  const client = new Client(gateway.url + CHAT, asked({ stream: true }))
  await client.until('two')
  client.leave()
  const { inputTokens, outputTokens, estimated } = await gateway.ended(1)
  t.assert.deepEqual([inputTokens, outputTokens, estimated], [7, 2, true])
})

test('a client that leaves as soon as it has read the end has missed nothing', async t => {
  const bench = await setUp(t, [stream([ROLE, chunk({ content: 'x' }), DONE, NEVER])])
  const client = new Client(bench.gateway.url + CHAT, asked({ stream: true }))
  await client.until('[DONE]')
  client.leave()
  const line = await bench.gateway.ended(1)
  t.assert.equal(line.status, 200)
  t.assert.equal(line.failure, undefined)
  t.assert.equal(await attemptsOf(bench.gateway, 'a', 'ok'), 1)
})

test('a vendor that keeps its socket open behind the end does not keep the client waiting', async t => {
  const bench = await setUp(t, [stream([ROLE, chunk({ content: 'x' }), DONE, NEVER])])
  t.assert.equal(await new Client(bench.gateway.url + CHAT, asked({ stream: true })).over(), 'ended')
})

test('C1: a thousand clients that leave open no breaker', async t => {
  const { gateway, upstream } = await setUp(t, [silence()], { provider: { breaker: { minimumCalls: 1 } } })
  for (let round = 0; round < 20; round += 1) {
    const clients = Array.from({ length: 50 }, () => new Client(gateway.url + CHAT, asked()))
    await upstream.request(round * 50 + 49)
    for (const client of clients) client.leave()
    await gateway.ended((round + 1) * 50)
  }
  t.assert.equal(await breakerOf(gateway, 'a'), 0)
  t.assert.equal(await attemptsOf(gateway, 'a', 'cancelled'), 1_000)
  t.assert.equal((await gateway.metrics()).get('sluice_inflight'), 0)
})

test('a client that leaves while it sends its body costs no vendor anything', async t => {
  const { gateway, upstream } = await setUp(t, [stream([completionText()])])
  const client = new Client(gateway.url + CHAT, '{"model":', { 'content-length': '1000' })
  client.leave()
  await new Client(gateway.url + CHAT, asked()).over()
  t.assert.equal(upstream.requests.length, 1)
  t.assert.equal((await gateway.metrics()).get('sluice_inflight'), 0)
})

function completionText(): string {
  return JSON.stringify(completion())
}
