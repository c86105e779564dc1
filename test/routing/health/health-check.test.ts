import { type TestContext, test } from 'node:test'
import { providerTypes } from '../../../src/providers/index.ts'
import { sim } from '../../../src/providers/sim.ts'
import { checkOf, type Finding, readCheck } from '../../../src/routing/health/health-check.ts'
import { buildSnapshot } from '../../../src/routing/reload/snapshot.ts'
import { RoutingState } from '../../../src/routing/routing-state.ts'
import type { Vendor, VendorKey } from '../../../src/routing/target.ts'
import { startSimulator } from '../../../src/sim/simulator.ts'
import { loadText } from '../../load-text.ts'
import { CUT, type Handler, silence, startUpstream, stream, whole } from '../../upstream.ts'

async function vendorAt(t: TestContext, baseUrl: string, type = 'openai-compatible'): Promise<Vendor> {
  const state = new RoutingState(() => 0)
  const config = await loadText(`providers: { v: { type: ${type}, baseUrl: "${baseUrl}", apiKey: secret } }`, {})
  const vendor = buildSnapshot(config, state, new Map()).vendors.get('v') as Vendor
  t.after(() => vendor.pool.close())
  return vendor
}

async function check(vendor: Vendor, timeout = 60_000): Promise<Finding> {
  const [key] = vendor.keys as readonly [VendorKey]
  const exchange = await checkOf(vendor, key, timeout)
  exchange.start()
  return readCheck(vendor, key, await exchange.outcome, 0)
}

function answers(status: number, error: object = { message: 'no' }): Handler {
  return whole({ error }, { status })
}

const SILENCE = silence()
const CLOSED = { illness: 'the connection to the provider was closed' }

const FINDINGS: readonly (readonly [name: string, handler: Handler, finding: Finding, rests?: boolean])[] = [
  ['a list of models is health', whole({ data: [] }), {}],
  ['a stream that nobody asked for is health', stream([new Promise(() => {})]), {}],
  ['a redirect is an answer', whole('', { status: 302, headers: { location: '/login' } }), {}],
  ['a server without a list of models (404) is well', answers(404), {}],
  ['so is one that does not let it be read (405)', answers(405), {}],
  ['a limit is no ill health', answers(429), {}],
  ['a 401 tells of the key, which rests', answers(401), { keyRefused: true }, true],
  ['so does an empty account', answers(429, { code: 'insufficient_quota' }), { keyRefused: true }, true],
  ['a 403 tells of the key, which may be good for all but this', answers(403), { keyRefused: true }],
  ['a 500 is ill health', answers(500), { illness: 'status 500' }],
  ['a 503 is ill health', answers(503), { illness: 'status 503' }],
  ['so is a 408, of all that is below 500', answers(408), { illness: 'status 408' }],
  ['silence is ill health', SILENCE, { illness: 'the provider did not finish within the total timeout' }],
  ['half an answer is ill health', stream(['{', CUT], { headers: { 'content-type': 'application/json' } }), CLOSED],
]

for (const [name, handler, finding, rests = false] of FINDINGS) {
  test(name, async t => {
    const upstream = await startUpstream(handler)
    t.after(() => upstream.close())
    const vendor = await vendorAt(t, upstream.url)
    t.assert.deepEqual(await check(vendor, handler === SILENCE ? 100 : undefined), finding)
    t.assert.equal((vendor.keys[0]?.cooldown.remaining(0) ?? 0) > 0, rests)
  })
}

test('a vendor that cannot be reached is ill, in words without its address', async t => {
  const upstream = await startUpstream(silence())
  await upstream.close()
  t.assert.deepEqual(await check(await vendorAt(t, upstream.url)), {
    illness: 'the provider refused the connection',
  })
})

test('a check is a GET below the base URL with our key and no body: it costs no tokens', async t => {
  const upstream = await startUpstream(whole({ data: [] }))
  t.after(() => upstream.close())
  await check(await vendorAt(t, `${upstream.url}/prefix/v1`))
  await check(await vendorAt(t, upstream.url, 'anthropic'))
  const [openai, anthropic] = upstream.requests
  t.assert.deepEqual([openai?.method, openai?.url, openai?.body.length], ['GET', '/prefix/v1/models', 0])
  t.assert.equal(openai?.headers.authorization, 'Bearer secret')
  t.assert.deepEqual([anthropic?.method, anthropic?.url], ['GET', '/v1/models'])
  t.assert.equal(anthropic?.headers['x-api-key'], 'secret')
  t.assert.equal(anthropic?.headers['anthropic-version'], '2023-06-01')
})

test('every type of provider can be checked without asking a model anything', t => {
  // The runtime of Bedrock has no list of models, but another one that costs nothing.
  const lists: Readonly<Record<string, RegExp>> = { bedrock: /^\/async-invoke$/ }
  for (const [name, type] of Object.entries(providerTypes)) {
    const { method, path } = type.create({ name, baseUrl: 'http://127.0.0.1:9' }).healthCheck()
    t.assert.equal(method, 'GET', name)
    t.assert.match(path, lists[name] ?? /models\b/, name)
  }
})

test('the simulator answers checks in both of its dialects', async t => {
  const simulator = await startSimulator()
  t.after(() => simulator.close())
  for (const dialect of ['openai-chat', 'anthropic']) {
    const provider = sim.create({ name: 'v', baseUrl: simulator.url, dialect })
    t.assert.deepEqual(await check({ ...(await vendorAt(t, simulator.url)), provider }), {})
  }
  t.assert.equal(simulator.stats().answered, 2)
})
