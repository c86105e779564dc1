import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { type Demand, isSlot } from '../../src/limits/demand.ts'
import { LocalLimits } from '../../src/limits/local-limits.ts'
import { MemoryBuckets } from '../../src/limits/memory-buckets.ts'
import type { Reservation, ReservationStore } from '../../src/limits/reservation.ts'
import { redisMissing, startRedis, uniqueKey } from '../redis.ts'
import { openGateway } from './gateways.ts'

/** So slow that a test sees nothing of it come back. */
const BUCKET = { capacity: 1000, refillPerSecond: 0.01 }

function tokens(key: string, cost: number): Demand {
  return { key: `tokens:${key}`, bucket: BUCKET, cost, estimated: true }
}

function requests(key: string): Demand {
  return { key: `requests:${key}`, bucket: { capacity: 3, refillPerSecond: 0.001 }, cost: 1, estimated: false }
}

function slots(key: string, count: number): Demand {
  return { key: `concurrency:${key}`, slots: count }
}

/** Two gateways, or one twice, that share what they count. */
interface Subject {
  readonly stores: readonly [ReservationStore, ReservationStore]
  close(): Promise<void>
}

async function openMemory(): Promise<Subject> {
  const store = new LocalLimits(new MemoryBuckets(() => 0))
  return { stores: [store, store], close: async () => {} }
}

async function openRedis(): Promise<Subject> {
  const redis = await startRedis()
  const [first, second] = [await openGateway(redis.url), await openGateway(redis.url)]
  await Promise.all([first.reached('shared'), second.reached('shared')])
  const close = async (): Promise<void> => {
    await Promise.all([first.store.close(), second.store.close()])
    await redis.stop()
  }
  return { stores: [first.reservations, second.reservations], close }
}

async function reserve(store: ReservationStore, ...demands: Demand[]): Promise<Reservation> {
  const { reservation, refused } = await store.reserve(demands)
  assert.ok(reservation, `demand ${refused} was refused`)
  return reservation
}

/** What is left of each limit, as a request that takes nothing finds it. */
async function left(store: ReservationStore, ...demands: Demand[]): Promise<number[]> {
  // A look at slots takes one; all are asked for after the others, and given back.
  const looks = demands.map(demand => (isSlot(demand) ? demand : { ...demand, cost: 0 }))
  const { reservation, taken } = await store.reserve(looks)
  reservation?.settle(0)
  return taken.map(({ remaining }, index) => remaining + (reservation && isSlot(looks[index] as Demand) ? 1 : 0))
}

function contract(name: string, open: () => Promise<Subject>, skip: string | false): void {
  describe(`reservations: ${name}`, { skip }, () => {
    let subject: Subject
    let first: ReservationStore
    let second: ReservationStore
    before(async () => {
      subject = await open()
      ;[first, second] = subject.stores
    })
    after(() => subject?.close())

    it('takes all that is asked for, or nothing', async () => {
      const key = uniqueKey()
      await reserve(first, slots(key, 1))
      const refused = await second.reserve([tokens(key, 100), requests(key), slots(key, 1), tokens(`${key}-b`, 5)])
      assert.deepEqual([refused.reservation, refused.refused], [undefined, 2])
      assert.deepEqual(await left(second, tokens(key, 0), requests(key), tokens(`${key}-b`, 0)), [1000, 3, 1000])
    })

    it('D1: reserves tokens at admission: of many at once as many pass as the bucket holds', async () => {
      const key = uniqueKey()
      const asked = Array.from({ length: 12 }, async (_, index) =>
        (index % 2 === 0 ? first : second).reserve([tokens(key, 175)]),
      )
      const passed = (await Promise.all(asked)).filter(({ reservation }) => reservation !== undefined)
      assert.equal(passed.length, 5)
    })

    it('settles an estimate by what was used, below and above, and keeps it where nobody knows', async () => {
      const key = uniqueKey()
      const below = await reserve(first, tokens(key, 400))
      below.settle(150)
      assert.deepEqual(await left(first, tokens(key, 0)), [850])
      const above = await reserve(second, tokens(key, 400))
      above.settle(700)
      assert.deepEqual(await left(second, tokens(key, 0)), [150])
      const unknown = await reserve(first, tokens(key, 100))
      unknown.settle(undefined)
      assert.deepEqual(await left(first, tokens(key, 0)), [50])
    })

    it('a bucket may come out owing, and refuses until that is refilled', async () => {
      const key = uniqueKey()
      const reservation = await reserve(first, tokens(key, 10))
      reservation.settle(1500)
      const { refused, taken } = await first.reserve([tokens(key, 1)])
      assert.equal(refused, 0)
      assert.ok((taken[0]?.retryAfterMs ?? 0) > 50_000_000, 'five hundred owed at a hundred seconds each')
    })

    it('spends requests: only estimates come back', async () => {
      const key = uniqueKey()
      const reservation = await reserve(first, requests(key))
      reservation.settle(0)
      assert.deepEqual(await left(first, requests(key)), [2])
    })

    it('D3: a slot is free again after the first settlement, and not twice after the second', async () => {
      const key = uniqueKey()
      const [one] = [await reserve(first, slots(key, 2)), await reserve(second, slots(key, 2))]
      assert.equal((await first.reserve([slots(key, 2)])).refused, 0)
      one?.settle(0)
      one?.settle(0)
      await reserve(first, slots(key, 2))
      assert.equal((await first.reserve([slots(key, 2)])).refused, 0)
    })

    it('D8: a refusal says how its limit stands and when to come back', async () => {
      const key = uniqueKey()
      await reserve(first, tokens(key, 900), slots(key, 1))
      const { taken } = await first.reserve([tokens(key, 200)])
      assert.deepEqual([taken[0]?.allowed, taken[0]?.remaining], [false, 100])
      assert.ok((taken[0]?.retryAfterMs ?? 0) > 9_900_000)
      const full = await first.reserve([slots(key, 1)])
      assert.deepEqual(full.taken, [{ allowed: false, remaining: 0, retryAfterMs: 1000, resetMs: 0 }])
      const never = await first.reserve([tokens(key, 1001)])
      assert.equal(never.taken[0]?.retryAfterMs, Infinity)
    })

    it('returns every slot and every token exactly once, however requests interleave and end', async () => {
      const step = fc.record({
        onSecond: fc.boolean(),
        cost: fc.integer({ min: 1, max: 600 }),
        /** Which of the requests under way ends at this step, if any. */
        ends: fc.option(fc.nat(5)),
        used: fc.option(fc.integer({ min: 0, max: 800 }), { nil: undefined }),
        twice: fc.boolean(),
      })
      const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
        const key = uniqueKey()
        const open: { reservation: Reservation; cost: number }[] = []
        let spare = BUCKET.capacity
        const settle = (index: number, used: number | undefined, twice: boolean): void => {
          const [ended] = open.splice(index, 1)
          if (ended === undefined) return
          ended.reservation.settle(used)
          if (twice) ended.reservation.settle(0)
          if (used !== undefined) spare = Math.min(BUCKET.capacity, spare + ended.cost - used)
        }
        // What a gateway has given back is in Redis before it gets the answer to a later question.
        const arrival = () => Promise.all([left(first, tokens(`${key}-b`, 0)), left(second, tokens(`${key}-b`, 0))])
        for (const { onSecond, cost, ends, used, twice } of steps) {
          const { reservation } = await (onSecond ? second : first).reserve([tokens(key, cost), slots(key, 4)])
          assert.equal(reservation !== undefined, cost <= spare && open.length < 4)
          if (reservation !== undefined) {
            open.push({ reservation, cost })
            spare -= cost
          }
          if (ends !== null) settle(ends, used, twice)
          await arrival()
        }
        while (open.length > 0) settle(0, 0, true)
        await arrival()
        assert.deepEqual(await left(first, slots(key, 4)), [4])
        if (spare >= 0) assert.deepEqual(await left(first, tokens(key, 0)), [spare])
      })
      await fc.assert(property, { numRuns: 30 })
    })
  })
}

contract('memory', openMemory, false)
contract('Redis', openRedis, redisMissing)
