import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Demand } from '../../src/limits/demand.ts'
import type { Admission, ReservationStore } from '../../src/limits/reservation.ts'
import { type OwnRedis, redisBinaryMissing, startOwnRedis } from '../redis.ts'
import { timeOf } from '../timing.ts'
import { DEFAULT_TIMEOUT, type Gateway, type GatewayOptions, openGateway } from './gateways.ts'

const SLOTS: Demand = { key: 'concurrency:caller', slots: 10 }
const TOKENS: Demand = {
  key: 'tokens:caller',
  bucket: { capacity: 1000, refillPerSecond: 0.01 },
  cost: 100,
  estimated: true,
}

async function bench(
  t: TestContext,
  count: number,
  options?: GatewayOptions,
): Promise<{ redis: OwnRedis; gateways: Gateway[] }> {
  const redis = await startOwnRedis()
  const gateways = await Promise.all(Array.from({ length: count }, () => openGateway(redis.url, options)))
  t.after(async () => {
    await Promise.all(gateways.map(({ store }) => store.close()))
    await redis.stop()
  })
  await Promise.all(gateways.map(gateway => gateway.reached('shared')))
  return { redis, gateways }
}

/** How many of `count` requests pass, all begun at once. */
async function passed(store: ReservationStore, count: number, ...demands: Demand[]): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, async () => store.reserve(demands)))
  return answers.filter(({ reservation }) => reservation !== undefined).length
}

/** The time to live of slots unless said otherwise, ms; they are renewed after every third of it. */
const SLOT_TTL = 30_000

/** What gateways hold in Redis, seen from beside them. */
function beside(t: TestContext, redis: OwnRedis): Redis {
  const client = new Redis(redis.url, { keyPrefix: 'sluice:limit:' })
  t.after(() => client.disconnect())
  return client
}

/** When the last of the slots lapses, ms on the clock of Redis. */
async function lastLapse(client: Redis): Promise<number> {
  const [, lapse] = await client.zrange(SLOTS.key, '-1', '-1', 'WITHSCORES')
  return Number(lapse)
}

/** A third of a life goes by: for Redis, whose clock is its own, as what is held lapses earlier; then for the gateways, which renew. */
async function elapse(t: TestContext, client: Redis): Promise<void> {
  for (const id of await client.zrange(SLOTS.key, '0', '-1')) await client.zincrby(SLOTS.key, -SLOT_TTL / 3, id)
  const lapse = await lastLapse(client)
  t.mock.timers.tick(SLOT_TTL / 3)
  while ((await lastLapse(client)) < lapse + SLOT_TTL / 6) await delay(1)
}

describe('room in limits that gateways share through Redis', { skip: redisBinaryMissing }, () => {
  for (const [what, demand] of [
    ['slots', SLOTS],
    ['tokens', TOKENS],
  ] as const) {
    test(`D4: ${what} that two gateways give away are as many as one may, in total`, async (t: TestContext) => {
      const { gateways } = await bench(t, 2)
      const each = await Promise.all(gateways.map(({ reservations }) => passed(reservations, 20, demand)))
      assert.equal(
        each.reduce((sum, one) => sum + one),
        10,
      )
    })
  }

  test('D3: slots of a gateway that has died are free after their time to live; those of a living one are kept', async (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const { redis, gateways } = await bench(t, 2)
    const [dying, living] = gateways as [Gateway, Gateway]
    assert.equal(await passed(dying.reservations, 5, SLOTS), 5)
    assert.equal(await passed(living.reservations, 10, SLOTS), 5)
    // Nothing is given back: to Redis it is as if the process were killed.
    await dying.store.close()
    const client = beside(t, redis)
    for (let thirds = 0; thirds < 3; thirds += 1) {
      assert.equal(await passed(living.reservations, 1, SLOTS), 0, 'they live as long as they may')
      await elapse(t, client)
    }
    assert.equal(await passed(living.reservations, 10, SLOTS), 5, 'its own five, renewed, are still held')
  })

  test('slots leave Redis when they have lapsed, also where nobody asks for them any more', async (t: TestContext) => {
    const { redis, gateways } = await bench(t, 1)
    assert.equal(await passed((gateways[0] as Gateway).reservations, 1, SLOTS), 1)
    const client = beside(t, redis)
    const lives = await client.pttl(SLOTS.key)
    assert.ok(lives > 0 && lives <= SLOT_TTL, `${lives} ms`)
  })

  test('gateways whose clocks differ by a day agree, for Redis goes by its own', async (t: TestContext) => {
    const { gateways } = await bench(t, 2)
    const [here, there] = gateways as [Gateway, Gateway]
    assert.equal(await passed(here.reservations, 20, TOKENS), 10)
    const now = Date.now.bind(Date)
    t.mock.method(Date, 'now', () => now() + 86_400_000)
    assert.equal(await passed(there.reservations, 20, TOKENS), 0)
  })

  test('slots that a flushed Redis has forgotten are counted again', async (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const { redis, gateways } = await bench(t, 2)
    const [holder, other] = gateways as [Gateway, Gateway]
    assert.equal(await passed(holder.reservations, 10, SLOTS), 10)
    const client = beside(t, redis)
    await client.flushall()
    t.mock.timers.tick(SLOT_TTL / 3)
    while ((await client.zcard(SLOTS.key)) < 10) await delay(10)
    assert.equal(await passed(other.reservations, 1, SLOTS), 0)
  })

  test('C14: a frozen Redis costs no request 50 ms, and then each gateway allows its share', async (t: TestContext) => {
    const { redis, gateways } = await bench(t, 1, { localShare: 0.5, ...DEFAULT_TIMEOUT })
    const [gateway] = gateways as [Gateway]
    const held = await Promise.all(Array.from({ length: 4 }, async () => gateway.reservations.reserve([SLOTS, TOKENS])))
    redis.freeze()
    let more = 0
    let slow = 0
    for (let count = 0; count < 20; count += 1) {
      let admission: Admission | undefined
      const waited = await timeOf(async () => {
        admission = await gateway.reservations.reserve([SLOTS])
      })
      assert.ok(waited < 50, `${waited} ms`)
      if (waited > 10) slow += 1
      admission?.reservation?.settle(0)
      if (admission?.reservation !== undefined) more += 1
    }
    assert.equal(more, 20)
    assert.ok(slow <= 2, 'after one failure nobody waits for Redis')
    await gateway.reached('local')
    assert.deepEqual(gateway.states, ['shared: Redis answers', 'local: TIMEOUT'])
    assert.equal(await passed(gateway.reservations, 5, SLOTS), 1, 'five of ten, four of which are taken')
    for (const { reservation } of held) reservation?.settle(undefined)
    assert.equal(await passed(gateway.reservations, 10, TOKENS), 3, 'three fifths of its half of the bucket are left')
    redis.thaw()
    await gateway.reached('shared')
    assert.deepEqual(gateway.states.slice(2), ['shared: Redis answers'])
  })

  test("a worker may use the whole of a limit while Redis counts, and its part of the gateway's share while it does not", async (t: TestContext) => {
    const { redis, gateways } = await bench(t, 1, { localShare: 0.5, share: 0.4 })
    const [worker] = gateways as [Gateway]
    const held = await Promise.all(Array.from({ length: 10 }, async () => worker.reservations.reserve([SLOTS])))
    assert.ok(held.every(({ reservation }) => reservation !== undefined))
    for (const { reservation } of held) reservation?.settle(0)
    await redis.stop()
    await worker.reached('local')
    assert.equal(await passed(worker.reservations, 10, SLOTS), 2, 'a fifth of ten')
    assert.equal(await passed(worker.reservations, 10, TOKENS), 2)
  })

  test('slots taken while Redis was away are counted there once it is back, and given back', async (t: TestContext) => {
    const { redis, gateways } = await bench(t, 1, { slotTtl: 300 })
    const [gateway] = gateways as [Gateway]
    await redis.stop()
    await gateway.reached('local')
    const { reservation } = await gateway.reservations.reserve([SLOTS])
    await redis.restart()
    await gateway.reached('shared')
    const client = beside(t, redis)
    while ((await client.zcard(SLOTS.key)) === 0) await delay(10)
    reservation?.settle(0)
    await gateway.reservations.reserve([TOKENS])
    assert.equal(await client.zcard(SLOTS.key), 0)
  })

  test('slots whose requests end while Redis is frozen are free when it answers, long before they lapse', async (t: TestContext) => {
    const { redis, gateways } = await bench(t, 1, DEFAULT_TIMEOUT)
    const [gateway] = gateways as [Gateway]
    const held = await Promise.all(Array.from({ length: 10 }, async () => gateway.reservations.reserve([SLOTS])))
    redis.freeze()
    await gateway.reached('local')
    for (const { reservation } of held) reservation?.settle(0)
    const began = performance.now()
    redis.thaw()
    await gateway.reached('shared')
    const client = beside(t, redis)
    while ((await client.zcard(SLOTS.key)) > 0) await delay(10)
    assert.ok(performance.now() - began < 10_000, 'a third of their time to live')
  })

  test('a moment in which many requests wait for Redis in vain is one failure, and no reason to leave it', async (t: TestContext) => {
    const { redis, gateways } = await bench(t, 1, DEFAULT_TIMEOUT)
    const [gateway] = gateways as [Gateway]
    redis.freeze()
    assert.equal(await passed(gateway.reservations, 10, SLOTS), 10, 'each by the limits of its own gateway')
    redis.thaw()
    await passed(gateway.reservations, 1, TOKENS)
    assert.deepEqual(gateway.states, ['shared: Redis answers'])
  })
})
