import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { readAnswer, writeAnswer } from '../../src/cache/codec.ts'
import { openStore } from '../../src/cache/open.ts'
import { MAX_SHARED_BYTES } from '../../src/cache/redis-cache.ts'
import type { AnswerStore, Found } from '../../src/cache/store.ts'
import { chatStream, completion } from '../journey/frames.ts'
import { asked, type Bench, CHAT, setUp } from '../journey/setup.ts'
import { redisBinaryMissing, redisMissing, startOwnRedis, startRedis, uniqueKey } from '../redis.ts'
import { timeOf } from '../timing.ts'
import { type Handler, startUpstream, stream, whole } from '../upstream.ts'
import { answer } from './answers.ts'

/** What a busy machine may take, ms. */
const TIMEOUT = 10_000
const MINUTE = { ttl: 60_000, staleFor: 0 }

/** The store of one gateway, once it has found its Redis. */
async function openShared(redisUrl: string, timeout = TIMEOUT): Promise<{ store: AnswerStore; states: string[] }> {
  const states: string[] = []
  const onState = (state: string, reason: string): void => void states.push(`${state}: ${reason}`)
  const store = await openStore({ redisUrl, timeout, now: () => performance.now(), probeIntervalMs: 20, onState })
  while (!states.at(-1)?.startsWith('shared')) {
    // Without traffic nothing is tried again, and on a busy machine the first probe may come too late.
    await store.get('traffic')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  states.splice(0, states.length, 'shared: Redis answers')
  return { store, states }
}

/** Sends traffic until the last that a gateway told of its store is this. */
async function reached({ gateway }: Pick<Bench, 'gateway'>, model: string, state: string): Promise<void> {
  const told = () => gateway.logs.findLast(({ msg }) => msg.startsWith('where answers'))?.state
  for (let count = 0; told() !== state; count += 1)
    await (await gateway.post(CHAT, asked({ model, stream: true, seed: count }))).text()
}

/** What a store has, when what another has written has had time to arrive. */
async function eventually(store: AnswerStore, key: string): Promise<Found> {
  for (;;) {
    const found = await store.get(key)
    if (found !== undefined) return found
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

test('an answer survives being written as one value, and what is no answer is none', (t: TestContext) => {
  const kept = answer(Buffer.from([0, 255, 10]))
  t.assert.deepEqual(readAnswer(writeAnswer(kept, 5)), { answer: kept, staleFor: 5 })
  for (const value of ['', 'x', '\0\0\0\x02{}', '\0\0\0\xffx', '\0\0\0\x04null'])
    t.assert.equal(readAnswer(Buffer.from(value, 'latin1')), undefined)
})

describe('answers shared through Redis', { skip: redisMissing }, () => {
  let redis: { url: string; stop(): Promise<void> }
  let first: AnswerStore
  let second: AnswerStore
  let client: Redis
  before(async () => {
    redis = await startRedis()
    client = new Redis(redis.url, { keyPrefix: 'sluice:answer:1:' })
    first = (await openShared(redis.url)).store
    second = (await openShared(redis.url)).store
  })
  after(async () => {
    first?.close()
    second?.close()
    client?.disconnect()
    await redis?.stop()
  })

  it('one gateway finds what another keeps, body and all', async () => {
    const key = uniqueKey()
    first.set(key, answer('Hello'), MINUTE)
    const found = await eventually(second, key)
    assert.deepEqual(found, { answer: answer('Hello'), fresh: true })
    assert.ok(!(second.get(key) instanceof Promise), 'then it has it itself')
  })

  it('an answer ages while it lies in Redis, and leaves it when it is no longer even stale', async () => {
    const [aged, recent] = [uniqueKey(), uniqueKey()]
    await client.set(aged, writeAnswer(answer('Hello'), 60_000), 'PX', 59_000)
    assert.equal((await eventually(second, aged)).fresh, false)
    first.set(recent, answer('Hello'), { ttl: 10_000, staleFor: 30_000 })
    assert.equal((await eventually(second, recent)).fresh, true)
    const lifetime = await client.pttl(recent)
    assert.ok(lifetime > 35_000 && lifetime <= 40_000, `${lifetime}`)
  })

  it('a stale answer of its own does not hide a fresh one of another', async () => {
    const key = uniqueKey()
    first.set(key, answer('old'), { ttl: 1, staleFor: 30_000 })
    await new Promise(resolve => setTimeout(resolve, 5))
    await client.set(key, writeAnswer(answer('new'), 0), 'PX', 60_000)
    const found = await first.get(key)
    assert.deepEqual([found?.answer.body.toString(), found?.fresh], ['new', true])
  })

  it('who has no time left finds what is kept here, and waits for nothing', async () => {
    const [here, there] = [uniqueKey(), uniqueKey()]
    first.set(here, answer('Hello'), MINUTE)
    second.set(there, answer('Hello'), MINUTE)
    await eventually(first, there)
    assert.ok(first.get(uniqueKey(), 2 * TIMEOUT - 1) instanceof Promise)
    assert.equal(first.get(uniqueKey(), 2 * TIMEOUT), undefined)
    assert.ok(!(first.get(here, 2 * TIMEOUT) instanceof Promise))
  })

  it('what is too large for Redis, or written by somebody else, is not shared', async () => {
    const [large, foreign, last] = [uniqueKey(), uniqueKey(), uniqueKey()]
    first.set(large, answer(Buffer.alloc(MAX_SHARED_BYTES + 1)), MINUTE)
    await client.set(foreign, 'something else')
    first.set(last, answer('one after it'), MINUTE)
    await eventually(second, last)
    assert.equal(await second.get(large), undefined)
    assert.equal(await second.get(foreign), undefined)
  })

  it('F12: two gateways: what one has answered is a hit on the other, a stream as a stream, an idempotent retry too', async (t: TestContext) => {
    const upstream = await startUpstream(stream(chatStream('Hel', 'lo')))
    t.after(() => upstream.close())
    const config = {
      providers: { v: { type: 'openai-compatible', baseUrl: `${upstream.url}/v1` } },
      models: { [uniqueKey()]: { targets: [{ provider: 'v', model: 'm' }], cache: { ttl: '1m' } } },
      state: { redis: redis.url, timeout: '10s' },
    }
    const gateways = [(await setUp(t, [], { config })).gateway, (await setUp(t, [], { config })).gateway] as const
    const model = Object.keys(config.models)[0] as string
    for (const gateway of gateways) await reached({ gateway }, model, 'shared')
    const before = upstream.requests.length
    const word = { 'idempotency-key': uniqueKey() }
    const body = asked({ model, stream: true })
    const text = await (await gateways[0].post(CHAT, body, word)).text()
    let said: (string | null)[] = []
    for (const headers of [word, undefined]) {
      const replayed = await gateways[1].post(CHAT, body, headers)
      said = [...said, replayed.headers.get('x-sluice-idempotent'), replayed.headers.get('x-sluice-cache')]
      assert.equal(replayed.headers.get('content-type'), 'text/event-stream; charset=utf-8')
      assert.equal(await replayed.text(), text)
    }
    assert.deepEqual(said, ['replayed', null, null, 'hit'])
    assert.equal(upstream.requests.length, before + 1)
  })

  it('D11: of two equal requests at once under one key, which both look for it in Redis, one says that it is a retry', async (t: TestContext) => {
    const model = uniqueKey()
    const config = {
      models: { [model]: { targets: [{ provider: 'a', model: 'm' }] } },
      state: { redis: redis.url, timeout: '10s' },
    }
    const bench = await setUp(t, [echo], { config })
    await reached(bench, model, 'shared')
    const before = bench.upstream.requests.length
    const word = { 'idempotency-key': uniqueKey() }
    const answers = await Promise.all([1, 2].map(() => bench.gateway.post(CHAT, asked({ model }), word)))
    assert.deepEqual(answers.map(({ headers }) => headers.get('x-sluice-idempotent')).sort(), [null, 'replayed'])
    assert.equal(bench.upstream.requests.length, before + 1)
  })

  it('D11: of two requests at once under one key, which both look for it in Redis, one is refused: nobody reads the answer to another', async (t: TestContext) => {
    const model = uniqueKey()
    const bench = await setUp(t, [echo], {
      config: {
        models: { [model]: { targets: [{ provider: 'a', model: 'm' }], cache: { ttl: '1m' } } },
        state: { redis: redis.url, timeout: '10s' },
      },
    })
    const { gateway } = bench
    await reached(bench, model, 'shared')
    for (let turn = 0; turn < 10; turn += 1) {
      const word = { 'idempotency-key': uniqueKey() }
      const users = [`one ${turn}`, `other ${turn}`]
      const answers = await Promise.all(users.map(user => gateway.post(CHAT, asked({ model, user }), word)))
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400])
      const winner = users[answers.findIndex(({ status }) => status === 200)] as string
      assert.match(await (answers.find(({ status }) => status === 200) as Response).text(), new RegExp(winner))
      for (const user of users) {
        const later = await gateway.post(CHAT, asked({ model, user }))
        assert.match(await later.text(), new RegExp(user), 'nor is it kept for another')
      }
    }
  })
})

/** Answers with who asks, so late that two who ask at once have both looked in Redis before. */
const echo: Handler = async (request, response) => {
  await new Promise(resolve => setTimeout(resolve, 60))
  const { user } = JSON.parse(request.body.toString()) as { user: string }
  return whole(completion(user))(request, response)
}

const skip = redisBinaryMissing

test('C14: a frozen Redis costs one look-up less than 50 ms, then nothing, and what is kept here is found', {
  skip,
}, async t => {
  const redis = await startOwnRedis()
  t.after(() => redis.stop())
  const { store, states } = await openShared(redis.url, 22)
  t.after(() => store.close())
  store.set('here', answer('Hello'), MINUTE)
  await new Promise(resolve => setTimeout(resolve, 20))
  redis.freeze()
  const times: number[] = []
  for (let count = 0; count < 200; count += 1) {
    times.push(await timeOf(async () => assert.equal(await store.get(`absent-${count}`), undefined)))
  }
  assert.ok(Math.max(...times) < 50, `the slowest took ${Math.max(...times)} ms`)
  assert.ok(times.filter(ms => ms > 10).length <= 3, 'nobody waits after the first, but for a busy machine')
  assert.equal((await store.get('here'))?.answer.body.toString(), 'Hello')
  assert.deepEqual(states, ['shared: Redis answers', 'local: TIMEOUT'])
  redis.thaw()
  while (states.length < 3) {
    await store.get('absent')
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.deepEqual(states.slice(2), ['shared: Redis answers'])
})

test('a Redis that dies takes nothing from the gateway but what others had', { skip }, async t => {
  const redis = await startOwnRedis()
  t.after(() => redis.stop())
  const bench = await setUp(t, [stream(chatStream('Hello'))], {
    model: { cache: { ttl: '1m' } },
    config: { state: { redis: redis.url, timeout: '10s' } },
  })
  const { gateway, upstream } = bench
  await reached(bench, 'chat', 'shared')
  const body = asked({ stream: true })
  const text = await (await gateway.post(CHAT, body)).text()
  await redis.stop()
  await reached(bench, 'chat', 'local')
  const before = upstream.requests.length
  const said: (string | null)[] = []
  for (const next of [body, asked({ stream: true, temperature: 0 }), asked({ stream: true, temperature: 0 })]) {
    const answer = await gateway.post(CHAT, next)
    said.push(answer.headers.get('x-sluice-cache'))
    assert.equal(await answer.text(), text)
  }
  assert.deepEqual(said, ['hit', 'miss', 'hit'])
  assert.equal(upstream.requests.length, before + 1)
  const told = gateway.logs.filter(({ msg }) => msg.startsWith('where answers'))
  assert.doesNotMatch(JSON.stringify(told), /127\.0|redis:/)
})
