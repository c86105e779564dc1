import { test } from 'node:test'
import { RoutingState } from '../../../src/routing/routing-state.ts'
import { silence, whole } from '../../upstream.ts'
import { SETTINGS, setUp } from './bench.ts'

const WELL = whole({ data: [] })
const ILL = whole({}, { status: 500 })
const REFUSES_KEY = whole({}, { status: 401 })

test('the first check comes at its place in the interval, the next ones an interval apart', async t => {
  const bench = await setUp(t, WELL)
  await bench.pass(4_999, 0)
  t.assert.equal(bench.begun, 0)
  await bench.pass(1, 1)
  await bench.pass(9_999, 1)
  t.assert.equal(bench.begun, 1)
  await bench.pass(1, 2)
  t.assert.equal(bench.begun, 2)
})

test('checks that go on for another config of the same provider keep their times', async t => {
  const bench = await setUp(t, WELL)
  await bench.pass(4_000, 0)
  bench.checks.watch([{ ...bench.vendor }])
  await bench.pass(1_000, 1)
  bench.checks.watch([{ ...bench.vendor }])
  await bench.pass(9_999, 1)
  t.assert.equal(bench.begun, 1)
  await bench.pass(1, 2)
  t.assert.equal(bench.begun, 2)
})

test('so many failures in a row make it unhealthy, so many successes in a row well again', async t => {
  const bench = await setUp(t, [ILL, ILL, WELL, ILL, ILL, ILL, WELL, ILL, WELL, WELL])
  const healthy: boolean[] = []
  for (let check = 1; check <= 10; check += 1) {
    await bench.pass(SETTINGS.interval, check)
    healthy.push(bench.vendor.health.healthy)
  }
  t.assert.deepEqual(healthy, [true, true, true, true, true, false, false, false, false, true])
  t.assert.deepEqual(bench.said, ['ill status 500', 'well'], 'each change is said once')
})

test('the keys are checked in turn, and a refused one is no ill health', async t => {
  const bench = await setUp(t, [WELL, REFUSES_KEY, REFUSES_KEY, WELL, REFUSES_KEY, REFUSES_KEY], '[k0, k1, k2]')
  for (let check = 1; check <= 6; check += 1) await bench.pass(SETTINGS.interval, check)
  const shown = bench.upstream.requests.map(({ headers }) => headers.authorization?.slice(-2))
  t.assert.deepEqual(shown, ['k0', 'k1', 'k2', 'k0', 'k1', 'k2'])
  t.assert.deepEqual(bench.said, ['key 1 refused', 'key 2 refused', 'key 1 refused', 'key 2 refused'])
  t.assert.equal(bench.vendor.health.healthy, true)
})

test('a vendor all of whose connections are in use is not checked: the check would have to wait for one', async t => {
  const bench = await setUp(t, WELL)
  const { pool } = bench.vendor
  pool.calls = 1_000
  await bench.pass(5_000, 0)
  t.assert.equal(pool.calls, 1_000, 'it has not joined those that wait')
  pool.calls = 0
  await bench.pass(SETTINGS.interval, 1)
  t.assert.equal(bench.upstream.requests.length, 1)
})

test('no check begins while one is under way, and the next one after it at once where it is due', async t => {
  const released = Promise.withResolvers<void>()
  const bench = await setUp(t, async (seen, response) => {
    await released.promise
    return WELL(seen, response)
  })
  await bench.pass(5_000, 0)
  await bench.upstream.request(0)
  await bench.pass(10 * SETTINGS.interval, 0)
  t.assert.equal(bench.begun, 1)
  released.resolve()
  await bench.pass(0, 1)
  await bench.pass(1, 2)
  t.assert.equal(bench.begun, 2)
})

test('stopped, it forgets what the check under way would have found, and asks no more', async t => {
  const bench = await setUp(t, silence())
  await bench.pass(5_000, 0)
  const seen = await bench.upstream.request(0)
  bench.checks.stop()
  t.assert.equal(await seen.over, 'cut')
  await bench.pass(10 * SETTINGS.interval, 0)
  t.assert.equal(bench.begun, 1)
})

test('who is watched anew is watched once', async t => {
  const bench = await setUp(t, WELL)
  bench.checks.watch([bench.vendor])
  await bench.pass(5_000, 1)
  t.assert.equal(bench.begun, 1)
})

test('a check that cannot be signed is a failed one, and says nothing of why', async t => {
  const bench = await setUp(t, WELL)
  const authorize = () => Promise.reject(new Error('no credentials for key k1'))
  bench.checks.watch([{ ...bench.vendor, provider: { ...bench.vendor.provider, authorize } }])
  for (let check = 1; check <= 3; check += 1) await bench.pass(SETTINGS.interval, check)
  t.assert.deepEqual(bench.said, ['ill the check could not be signed'])
  t.assert.equal(bench.upstream.requests.length, 0)
})

test('C21: health outlives the snapshot that asked for it, and takes the settings of the next', t => {
  const state = new RoutingState(() => 0)
  const before = state.health('v', { ...SETTINGS, unhealthyAfter: 1 })
  before.report(false)
  const after = state.health('v', { ...SETTINGS, healthyAfter: 1 })
  t.assert.equal(after.healthy, false)
  after.report(true)
  t.assert.equal(after.healthy, true)
})
