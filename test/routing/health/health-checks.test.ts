import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Breakers } from '../../../src/routing/breakers.ts'
import { Health, type HealthSettings } from '../../../src/routing/health/health.ts'
import { type CheckedVendor, HealthChecks } from '../../../src/routing/health/health-checks.ts'
import { buildSnapshot } from '../../../src/routing/reload/snapshot.ts'
import type { Vendor } from '../../../src/routing/target.ts'
import { loadText } from '../../load-text.ts'
import { type Script, silence, startUpstream, type Upstream, whole } from '../../upstream.ts'

const SETTINGS: HealthSettings = {
  interval: 10_000,
  timeout: 2_000,
  unhealthyAfter: 3,
  healthyAfter: 2,
  whenAllUnhealthy: 'use-all',
}
const WELL = whole({ data: [] })
const ILL = whole({}, { status: 500 })
const REFUSES_KEY = whole({}, { status: 401 })

/** Says when the results of checks have come. */
class ToldHealth extends Health {
  #results = 0
  #waiting: { results: number; resolve(): void } | undefined

  override report(good: boolean): boolean {
    const changed = super.report(good)
    this.#results += 1
    if (this.#results === this.#waiting?.results) queueMicrotask(this.#waiting.resolve)
    return changed
  }

  /** Waits for so many in all. */
  told(results: number): Promise<void> {
    if (this.#results >= results) return Promise.resolve()
    return new Promise(resolve => {
      this.#waiting = { results, resolve }
    })
  }
}

/** One vendor under check, on a clock that the test moves; its interval begins in the middle. */
class Bench {
  readonly checks: HealthChecks
  readonly vendor: CheckedVendor
  readonly #health = new ToldHealth(SETTINGS)
  readonly upstream: Upstream
  /** What was said of it, in order. */
  readonly said: string[] = []
  readonly #t: TestContext
  #now = 0

  constructor(t: TestContext, vendor: Vendor, upstream: Upstream) {
    this.#t = t
    this.upstream = upstream
    this.vendor = { ...vendor, health: this.#health }
    this.checks = new HealthChecks({
      now: () => this.#now,
      random: () => 0.5,
      onChange: ({ health }, illness) => this.said.push(`${health.healthy ? 'well' : 'ill'} ${illness ?? ''}`.trim()),
      onKeyRefused: (_, { index }) => this.said.push(`key ${index} refused`),
    })
    t.mock.timers.enable({ apis: ['setTimeout'] })
    this.checks.watch([this.vendor])
  }

  /** Time passes, and then as much as it takes until there are so many results in all. */
  async pass(ms: number, results: number): Promise<void> {
    this.#now += ms
    this.#t.mock.timers.tick(ms)
    await this.#health.told(results)
    await turn()
  }
}

async function setUp(t: TestContext, script: Script, keys = '[k1]'): Promise<Bench> {
  const upstream = await startUpstream(script)
  const text = `providers: { v: { type: openai-compatible, baseUrl: "${upstream.url}", apiKeys: ${keys} } }`
  const vendor = buildSnapshot(await loadText(text, {}), new Breakers(() => 0), new Map()).vendors.get('v') as Vendor
  const bench = new Bench(t, vendor, upstream)
  t.after(async () => {
    bench.checks.stop()
    await Promise.all([upstream.close(), vendor.pool.close()])
  })
  return bench
}

test('the first check comes at its place in the interval, the next ones an interval apart', async t => {
  const bench = await setUp(t, WELL)
  await bench.pass(4_999, 0)
  t.assert.equal(bench.upstream.requests.length, 0)
  await bench.pass(1, 1)
  await bench.pass(9_999, 1)
  t.assert.equal(bench.upstream.requests.length, 1)
  await bench.pass(1, 2)
  t.assert.equal(bench.upstream.requests.length, 2)
})

test('checks that go on for another config of the same provider keep their times', async t => {
  const bench = await setUp(t, WELL)
  await bench.pass(4_000, 0)
  bench.checks.watch([{ ...bench.vendor }])
  await bench.pass(1_000, 1)
  bench.checks.watch([{ ...bench.vendor }])
  await bench.pass(9_999, 1)
  t.assert.equal(bench.upstream.requests.length, 1)
  await bench.pass(1, 2)
  t.assert.equal(bench.upstream.requests.length, 2)
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
  t.assert.equal(bench.upstream.requests.length, 1)
  released.resolve()
  await bench.pass(0, 1)
  await bench.pass(1, 2)
  t.assert.equal(bench.upstream.requests.length, 2)
})

test('stopped, it forgets what the check under way would have found, and asks no more', async t => {
  const bench = await setUp(t, silence())
  await bench.pass(5_000, 0)
  const seen = await bench.upstream.request(0)
  bench.checks.stop()
  t.assert.equal(await seen.over, 'cut')
  await bench.pass(10 * SETTINGS.interval, 0)
  t.assert.equal(bench.upstream.requests.length, 1)
})

test('who is watched anew is watched once', async t => {
  const bench = await setUp(t, WELL)
  bench.checks.watch([bench.vendor])
  await bench.pass(5_000, 1)
  t.assert.equal(bench.upstream.requests.length, 1)
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
  const breakers = new Breakers(() => 0)
  const before = breakers.health('v', { ...SETTINGS, unhealthyAfter: 1 })
  before.report(false)
  const after = breakers.health('v', { ...SETTINGS, healthyAfter: 1 })
  t.assert.equal(after.healthy, false)
  after.report(true)
  t.assert.equal(after.healthy, true)
})
