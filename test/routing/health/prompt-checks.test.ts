import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { sideCall, within } from '../../../src/routing/side-call.ts'
import type { VendorKey } from '../../../src/routing/target.ts'
import { silence, whole } from '../../upstream.ts'
import { SETTINGS, setUp } from './bench.ts'

const COMPLETION = { choices: [], usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 } }
const WELL = whole(COMPLETION)
const ILL = whole({}, { status: 500 })
const MISSING = whole({ error: { message: 'no such model' } }, { status: 404 })
const LIMITED = whole({ error: { message: 'slowly' } }, { status: 429, headers: { 'retry-after': '25' } })
const REFUSES_KEY = whole({}, { status: 401 })
const ASKED = ', health: { ask: m }'

test('where a model is named, every check is a prompt to it, at the times that other checks have', async t => {
  const bench = await setUp(t, WELL, '[k1]', ASKED)
  await bench.pass(4_999, 0)
  t.assert.equal(bench.upstream.requests.length, 0)
  await bench.pass(1, 1)
  await bench.pass(SETTINGS.interval, 2)
  t.assert.deepEqual(
    bench.upstream.requests.map(({ method, url }) => `${method} ${url}`),
    ['POST /v1/chat/completions', 'POST /v1/chat/completions'],
  )
  t.assert.equal(bench.begun, 0)
  t.assert.deepEqual(bench.outcomes, ['ok', 'ok'])
})

test('prompts that fail in a row make it unhealthy, those that are answered well again', async t => {
  const bench = await setUp(t, [ILL, ILL, ILL, WELL, WELL], '[k1]', ASKED)
  for (let check = 1; check <= 5; check += 1) await bench.pass(SETTINGS.interval, check)
  t.assert.deepEqual(bench.said, ['ill status 500', 'well'])
  t.assert.deepEqual(bench.outcomes, ['ill', 'ill', 'ill', 'ok', 'ok'])
})

test('a model that is not there is said once, and makes nobody unhealthy; said again once it was there', async t => {
  const bench = await setUp(t, [MISSING, MISSING, MISSING, WELL, MISSING], '[k1]', ASKED)
  for (let check = 1; check <= 5; check += 1) await bench.pass(SETTINGS.interval, check)
  const words = 'key 0: status 404 to a prompt for m'
  t.assert.deepEqual(bench.said, [words, words])
  t.assert.deepEqual(bench.outcomes, ['refused', 'refused', 'refused', 'ok', 'refused'])
  t.assert.equal(bench.vendor.health.healthy, true)
})

test('a key that may not ask the model is said once, though another may', async t => {
  const bench = await setUp(t, [MISSING, WELL, MISSING, WELL], '[k0, k1]', ASKED)
  for (let check = 1; check <= 4; check += 1) await bench.pass(SETTINGS.interval, check)
  t.assert.deepEqual(bench.said, ['key 0: status 404 to a prompt for m'])
})

test('what is said of a key is said again of the one that a reload puts in its place, and of no key twice', async t => {
  const bench = await setUp(t, MISSING, '[k1]', ASKED)
  const { checkTarget, ...vendor } = bench.vendor
  const withKey = (secret: string) => {
    const key = { ...(vendor.keys[0] as VendorKey), secret }
    const candidates = checkTarget?.candidates.map(candidate => ({ ...candidate, key })) ?? []
    return { ...vendor, keys: [key], checkTarget: checkTarget && { ...checkTarget, candidates } }
  }
  for (const [index, secret] of ['k1', 'k1', 'k2', 'k2'].entries()) {
    bench.checks.watch([withKey(secret)])
    await bench.pass(SETTINGS.interval, index + 1)
  }
  const words = 'key 0: status 404 to a prompt for m'
  t.assert.deepEqual(bench.said, [words, words])
})

test('no prompt is sent while the vendor wants to be left alone, and that is no result', async t => {
  const bench = await setUp(t, [LIMITED, WELL], '[k1]', ASKED)
  await bench.pass(5_000, 1)
  await bench.pass(SETTINGS.interval, 1)
  await bench.pass(SETTINGS.interval, 1)
  t.assert.equal(bench.upstream.requests.length, 1)
  await bench.pass(SETTINGS.interval, 2)
  t.assert.equal(bench.upstream.requests.length, 2)
  t.assert.deepEqual(bench.outcomes, ['limited', 'skipped', 'skipped', 'ok'])
})

test('what a call of a client was told keeps the prompts back as well', async t => {
  const bench = await setUp(t, WELL, '[k1]', ASKED)
  bench.vendor.checkTarget?.candidates[0]?.gate.cooldown.extend(0, 6_000)
  await bench.pass(5_000, 0)
  t.assert.deepEqual(bench.outcomes, ['skipped'])
  await bench.pass(SETTINGS.interval, 1)
  t.assert.deepEqual(bench.outcomes, ['skipped', 'ok'])
})

test('a key that is refused gets no prompts while it rests, the others do', async t => {
  const bench = await setUp(t, [REFUSES_KEY, WELL], '[k0, k1]', ASKED)
  await bench.pass(5_000, 1)
  await bench.pass(SETTINGS.interval, 2)
  await bench.pass(SETTINGS.interval, 2)
  await bench.pass(SETTINGS.interval, 3)
  const shown = bench.upstream.requests.map(({ headers }) => headers.authorization?.slice(-2))
  t.assert.deepEqual(shown, ['k0', 'k1', 'k1'])
  t.assert.deepEqual(bench.said, ['key 0 refused'])
  t.assert.deepEqual(bench.outcomes, ['unauthorized', 'ok', 'skipped', 'ok'])
})

test('a prompt counts at the limits of the provider, and waits where they are used up', async t => {
  const bench = await setUp(t, WELL, '[k1]', `${ASKED}, limits: { requestsPerMinute: 3, burst: 1 }`)
  await bench.pass(5_000, 1)
  await bench.pass(SETTINGS.interval, 1)
  await bench.pass(SETTINGS.interval, 2)
  t.assert.deepEqual(bench.outcomes, ['ok', 'skipped', 'ok'])
})

test('it takes a place among the calls at a time, and gives it back when it is stopped', async t => {
  const bench = await setUp(t, silence(), '[k1]', `${ASKED}, limits: { concurrency: 1 }`)
  const gate = bench.vendor.checkTarget?.candidates[0]?.gate
  await bench.pass(5_000, 0)
  await bench.upstream.request(0)
  t.assert.equal(gate?.ready(5_000), false)
  bench.checks.stop()
  await bench.pass(0, 0)
  t.assert.equal(gate?.ready(5_000), true)
})

test('what a prompt may have cost is told though it is stopped, by a reload or the end; what it would have found is not', async t => {
  const bench = await setUp(t, silence(), '[k1]', ASKED)
  const stops = [() => bench.checks.watch([]), () => bench.checks.stop()]
  for (const [index, stop] of stops.entries()) {
    bench.checks.watch([bench.vendor])
    await bench.pass(5_000, 0)
    await bench.upstream.request(index)
    stop()
    await bench.pass(0, 0)
  }
  const usage = { input: 22, output: 1, estimated: true }
  t.assert.deepEqual(bench.billed, [usage, usage])
  t.assert.deepEqual(bench.outcomes, [])
})

test('a limit on tokens is settled with what the vendor reports', async t => {
  const bench = await setUp(t, WELL, '[k1]', `${ASKED}, limits: { tokensPerMinute: 240 }`)
  await bench.pass(5_000, 1)
  // Ten seconds' worth are 40 tokens. The prompt was taken to cost 20, half of them, and cost 10.
  const gate = bench.vendor.checkTarget?.candidates[0]?.gate
  t.assert.deepEqual(
    [20, 10, 1].map(tokens => gate?.admitCheck(5_000, tokens) !== undefined),
    [true, true, false],
  )
})

test('a vendor all of whose connections are in use gets no prompt', async t => {
  const bench = await setUp(t, WELL, '[k1]', ASKED)
  bench.vendor.pool.calls = 1_000
  await bench.pass(5_000, 0)
  t.assert.deepEqual(bench.outcomes, ['skipped'])
  t.assert.equal(bench.upstream.requests.length, 0)
})

for (const [name, members] of [
  ['a prompt', ASKED],
  ['a check without one', ', health: {}'],
] as const) {
  test(`${name} that found all connections taken once it was signed, and waited in vain, is no result`, async t => {
    const bench = await setUp(t, silence(), '[k1]', `${members}, connections: 1`)
    const { vendor } = bench
    const request = { method: 'GET', path: '/busy', query: '', headers: {}, body: undefined } as const
    const busy = await sideCall(vendor, vendor.keys[0] as VendorKey, request, within(60_000))
    vendor.health.settings = { ...SETTINGS, timeout: 1, unhealthyAfter: 1 }
    const passed = bench.pass(5_000, 0)
    busy.start()
    await passed
    while (bench.outcomes.length === 0) await turn()
    t.assert.deepEqual(bench.outcomes, ['skipped'])
    t.assert.equal(vendor.health.healthy, true)
    busy.abort({ type: 'failed', kind: 'cancelled', reason: 'the test is over' })
  })
}

test('a reload that names another model, or none, changes the next check and not its time', async t => {
  const bench = await setUp(t, WELL, '[k1]', ASKED)
  const { checkTarget, ...vendor } = bench.vendor
  await bench.pass(5_000, 1)
  bench.checks.watch([vendor])
  await bench.pass(SETTINGS.interval, 2)
  bench.checks.watch([{ ...vendor, checkTarget }])
  await bench.pass(SETTINGS.interval, 3)
  t.assert.deepEqual(
    bench.upstream.requests.map(({ method }) => method),
    ['POST', 'GET', 'POST'],
  )
})
