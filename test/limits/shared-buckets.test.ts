import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { type OwnRedis, redisBinaryMissing, redisMissing, startOwnRedis, startRedis, uniqueKey } from '../redis.ts'
import { timeOf } from '../timing.ts'
import { DEFAULT_TIMEOUT, type Gateway, type GatewayOptions, openGateway, passed } from './gateways.ts'

const PER_MINUTE_100 = { capacity: 100, refillPerSecond: 100 / 60 }
/** So slow that a test sees none of it come back. */
const ONCE_100 = { capacity: 100, refillPerSecond: 0.01 }

describe('limits shared through Redis', { skip: redisMissing }, () => {
  let redis: { url: string; stop(): Promise<void> }
  let first: Gateway
  let second: Gateway
  let client: Redis
  before(async () => {
    redis = await startRedis()
    ;[first, second] = [await openGateway(redis.url), await openGateway(redis.url)]
    client = new Redis(redis.url)
    await Promise.all([first.reached('shared'), second.reached('shared')])
  })
  after(async () => {
    await Promise.all([first?.store.close(), second?.store.close()])
    client?.disconnect()
    await redis?.stop()
  })

  it('D4: two gateways with a limit of 100 a minute pass 100 of 400 requests in total', async () => {
    const began = performance.now()
    const key = uniqueKey()
    const each = [first, second].map(gateway => passed(gateway.store, key, PER_MINUTE_100, 200))
    const total = (await Promise.all(each)).reduce((sum, count) => sum + count)
    const refilled = Math.ceil(((performance.now() - began) / 1000) * PER_MINUTE_100.refillPerSecond)
    assert.ok(total >= 100 && total <= 100 + refilled, `${total} passed`)
    assert.ok(refilled < 100, 'each of the two would have passed as many by itself')
  })

  it('refuses without asking Redis what is too much for one gateway alone', async () => {
    const key = uniqueKey()
    await first.store.take(key, ONCE_100, 100)
    const refused = first.store.take(key, ONCE_100, 1)
    assert.ok(!(refused instanceof Promise))
    assert.equal(refused.allowed, false)
  })

  it('gives back here and in Redis', async () => {
    const key = uniqueKey()
    await first.store.take(key, ONCE_100, 100)
    first.store.refund(key, ONCE_100, 100)
    assert.equal((await first.store.take(key, ONCE_100, 100)).allowed, true)
    assert.equal((await second.store.take(key, ONCE_100, 100)).allowed, false)
  })

  it('D8: what Redis refuses is not counted locally either', async () => {
    const key = uniqueKey()
    await first.store.take(key, ONCE_100, 100)
    assert.equal((await second.store.take(key, ONCE_100, 100)).allowed, false)
    first.store.refund(key, ONCE_100, 100)
    await first.store.take(key, ONCE_100, 0)
    assert.equal((await second.store.take(key, ONCE_100, 100)).allowed, true)
  })

  it('leaves a key in Redis only until its bucket is full', async () => {
    const key = uniqueKey()
    await first.store.take(key, PER_MINUTE_100, 100)
    const lifetime = await client.pttl(`sluice:limit:${key}`)
    assert.ok(lifetime > 30_000 && lifetime <= 60_000, `${lifetime}`)
    first.store.refund(key, PER_MINUTE_100, 100)
    await first.store.take(key, PER_MINUTE_100, 0)
    assert.equal(await client.exists(`sluice:limit:${key}`), 0)
  })

  it('goes on when Redis has forgotten the script', async () => {
    const key = uniqueKey()
    await first.store.take(key, ONCE_100, 1)
    await client.script('FLUSH')
    await first.store.take(key, ONCE_100, 1)
    assert.equal((await second.store.take(key, ONCE_100, 1)).remaining, 97)
  })
})

/** One gateway on a Redis of its own, both ended with the test. */
async function ownGateway(t: TestContext, options?: GatewayOptions): Promise<{ redis: OwnRedis; gateway: Gateway }> {
  const redis = await startOwnRedis()
  t.after(() => redis.stop())
  const gateway = await openGateway(redis.url, options)
  t.after(() => gateway.store.close())
  await gateway.reached('shared')
  return { redis, gateway }
}

/** Takes, as traffic would, until the gateway says that it is in the state. */
async function trafficUntil(gateway: Gateway, state: 'shared' | 'local'): Promise<void> {
  let there = false
  const reached = gateway.reached(state).then(() => {
    there = true
  })
  while (!there) {
    await gateway.store.take('traffic', { capacity: 1e9, refillPerSecond: 1e9 }, 1)
    await turn()
  }
  await reached
}

const skip = redisBinaryMissing

test('C14: a frozen Redis costs no take 50 ms, limits go on locally, and it recovers by itself', { skip }, async t => {
  const { redis, gateway } = await ownGateway(t, DEFAULT_TIMEOUT)
  const key = uniqueKey()
  await gateway.store.take(key, ONCE_100, 60)
  redis.freeze()
  const times: number[] = []
  let allowed = 0
  for (let count = 0; count < 200; count += 1) {
    const taking = async () => {
      if ((await gateway.store.take(key, ONCE_100, 1)).allowed) allowed += 1
    }
    times.push(await timeOf(taking))
  }
  assert.ok(Math.max(...times) < 50, `the slowest take took ${Math.max(...times)} ms`)
  assert.ok(times.filter(ms => ms > 10).length <= 2, 'after one failure nobody waits for Redis')
  assert.equal(allowed, 40, 'the local bucket had counted the 60 before')
  await gateway.reached('local')
  assert.deepEqual(gateway.states, ['shared: Redis answers', 'local: TIMEOUT'])
  redis.thaw()
  await trafficUntil(gateway, 'shared')
  assert.deepEqual(gateway.states.slice(2), ['shared: Redis answers'])
})

test('a Redis that goes away is left at once, told without its address, and found again', { skip }, async t => {
  const { redis, gateway } = await ownGateway(t)
  await redis.stop()
  await trafficUntil(gateway, 'local')
  const passing = async () => assert.equal(await passed(gateway.store, uniqueKey(), ONCE_100, 400), 100)
  assert.ok((await timeOf(passing)) < 50)
  await redis.restart()
  await trafficUntil(gateway, 'shared')
  assert.equal(gateway.states.length, 3)
  assert.doesNotMatch(gateway.states.join(), /127|localhost|:\d/)
})

test('a gateway that starts before Redis keeps limits locally until it is there', { skip }, async t => {
  const redis = await startOwnRedis()
  t.after(() => redis.stop())
  await redis.stop()
  const gateway = await openGateway(redis.url)
  t.after(() => gateway.store.close())
  assert.equal(await passed(gateway.store, uniqueKey(), ONCE_100, 400), 100)
  await gateway.reached('local')
  await redis.restart()
  await trafficUntil(gateway, 'shared')
  assert.deepEqual(gateway.states, ['local: ECONNREFUSED', 'shared: Redis answers'])
})

test('C15: where EVALSHA is blocked the limits are shared by EVAL', { skip }, async t => {
  const redis = await startOwnRedis()
  t.after(() => redis.stop())
  const client = new Redis(redis.url)
  await client.acl('SETUSER', 'limited', 'on', '>secret', '~*', '+@all', '-evalsha', '-script')
  client.disconnect()
  const gateway = await openGateway(redis.url.replace('//', '//limited:secret@'))
  t.after(() => gateway.store.close())
  await gateway.reached('shared')
  assert.equal((await gateway.store.take(uniqueKey(), ONCE_100, 1)).remaining, 99)
  assert.deepEqual(gateway.states, ['shared: Redis answers'])
})

test('where scripts are refused altogether the limits stay local, and the reason is named once', { skip }, async t => {
  const redis = await startOwnRedis()
  t.after(() => redis.stop())
  const client = new Redis(redis.url)
  await client.acl('SETUSER', 'limited', 'on', '>secret', '~*', '+@all', '-@scripting')
  t.after(() => client.disconnect())
  const gateway = await openGateway(redis.url.replace('//', '//limited:secret@'))
  t.after(() => gateway.store.close())
  while (((await client.acl('LOG')) as unknown[]).length === 0) await turn()
  await trafficUntil(gateway, 'local')
  assert.equal(await passed(gateway.store, uniqueKey(), ONCE_100, 400), 100)
  assert.deepEqual(gateway.states, ['local: NOPERM'])
})

test('a Redis that is full, but answers, is one that is away until it has room', { skip }, async t => {
  const { redis, gateway } = await ownGateway(t)
  const client = new Redis(redis.url)
  t.after(() => client.disconnect())
  await client.config('SET', 'maxmemory', '1')
  await trafficUntil(gateway, 'local')
  assert.equal(await passed(gateway.store, uniqueKey(), ONCE_100, 400), 100)
  await client.config('SET', 'maxmemory', '0')
  await trafficUntil(gateway, 'shared')
  assert.deepEqual(gateway.states, ['shared: Redis answers', 'local: OOM', 'shared: Redis answers'])
})
