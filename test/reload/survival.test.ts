import { once } from 'node:events'
import { request as startRequest } from 'node:http'
import { type TestContext, test } from 'node:test'
import { hastenChecks } from '../hasten-checks.ts'
import { chunk, completion, DONE, FINISH, ROLE } from '../journey/frames.ts'
import { asked, CHAT } from '../journey/setup.ts'
import { type Script, startUpstream, stream, type Upstream, whole } from '../upstream.ts'
import { type ReloadBench, setUp } from './setup.ts'

const SIM = { type: 'sim', sim: { latency: '0ms', jitter: '0ms', tokensPerSecond: 100_000 } }
const OPENS_AT_ONCE = { minimumCalls: 1, openFor: '5m' }
const FAILING = whole({ error: { message: 'no' } }, { status: 500 })
const REFUSING = whole({ error: { message: 'no' } }, { status: 401 })

async function vendor(t: TestContext, script: Script = whole(completion())): Promise<Upstream> {
  const upstream = await startUpstream(script)
  t.after(() => upstream.close())
  return upstream
}

function providerAt({ url }: Upstream, members: object = {}): object {
  return { type: 'openai-compatible', baseUrl: `${url}/v1`, apiKey: 'key-of-a', breaker: OPENS_AT_ONCE, ...members }
}

/** One vendor, `a`, with a model `chat` that goes there. */
function configOf(a: object, others: object = {}): object {
  return { providers: { a }, models: { chat: { targets: [{ provider: 'a', model: 'm' }] } }, ...others }
}

async function ask({ gateway }: ReloadBench, model = 'chat', headers = {}): Promise<number> {
  const response = await gateway.post(CHAT, asked({ model }), headers)
  await response.text()
  return response.status
}

const STATE = 'sluice_breaker_state{provider="a",model="m",key="0"}'

test('C21: an open breaker stays open over a reload, under its new settings; it is gone with its provider', async (t: TestContext) => {
  const upstream = await vendor(t, FAILING)
  const bench = await setUp(t, configOf(providerAt(upstream)))
  await ask(bench)
  t.assert.equal((await bench.gateway.metrics()).get(STATE), 2)

  await bench.reload(configOf(providerAt(upstream, { breaker: { ...OPENS_AT_ONCE, minimumCalls: 7 } })))
  t.assert.equal(await ask(bench), 503)
  t.assert.equal(upstream.requests.length, 1)
  const [target] = bench.gateway.app.api.live.snapshot.planner.targets
  t.assert.equal(target?.candidates[0]?.gate.breaker.settings.minimumCalls, 7)

  await bench.reload({ providers: { sim: SIM } })
  t.assert.equal((await bench.gateway.metrics()).get(STATE), undefined)
  t.assert.equal(bench.gateway.app.api.breakers.size, 0)
})

test('a breaker of a name that is not in the config survives as well', async (t: TestContext) => {
  const upstream = await vendor(t, FAILING)
  const bench = await setUp(t, configOf(providerAt(upstream)))
  await ask(bench, 'a/direct')
  await bench.reload(configOf(providerAt(upstream), { retryBudget: { ratio: 0.3 } }))
  t.assert.equal(await ask(bench, 'a/direct'), 503)
  t.assert.equal(upstream.requests.length, 1)
})

test('a provider that answers at another address begins anew', async (t: TestContext) => {
  const [failing, well] = [await vendor(t, FAILING), await vendor(t)]
  const bench = await setUp(t, configOf(providerAt(failing)))
  await ask(bench)
  await bench.reload(configOf(providerAt(well)))
  t.assert.equal(await ask(bench), 200)
})

test('C21: the bucket of a caller is as empty after a reload as before', async (t: TestContext) => {
  const upstream = await vendor(t)
  const keys = [{ name: 'caller', key: 'key-of-the-caller', limits: { requestsPerMinute: 1, burst: 2 } }]
  const bench = await setUp(t, configOf(providerAt(upstream), { keys }))
  const caller = { authorization: 'Bearer key-of-the-caller' }
  t.assert.deepEqual([await ask(bench, 'chat', caller), await ask(bench, 'chat', caller)], [200, 200])
  await bench.reload(configOf(providerAt(upstream, { connections: 7 }), { keys }))
  t.assert.equal(await ask(bench, 'chat', caller), 429)
})

test('a limit of the vendor keeps what was used of it', async (t: TestContext) => {
  const upstream = await vendor(t)
  const limits = { requestsPerMinute: 1, burst: 1 }
  const bench = await setUp(t, configOf(providerAt(upstream, { limits })))
  t.assert.equal(await ask(bench), 200)
  await bench.reload(configOf(providerAt(upstream, { limits, connections: 7 })))
  t.assert.notEqual(await ask(bench), 200)
  await bench.reload(configOf(providerAt(upstream)))
  t.assert.equal(await ask(bench), 200)
  t.assert.equal(upstream.requests.length, 2)
})

test('C21: what the vendor has said of its limits holds over a reload', async (t: TestContext) => {
  const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '50s' }
  const upstream = await vendor(t, whole(completion(), { headers }))
  const bench = await setUp(t, configOf(providerAt(upstream)))
  t.assert.equal(await ask(bench), 200)
  await bench.reload(configOf(providerAt(upstream, { connections: 7 })))
  t.assert.equal(await ask(bench), 503)
  t.assert.equal(upstream.requests.length, 1)
})

test('what is known of a target ends with it, though its provider stays', async (t: TestContext) => {
  const upstream = await vendor(t)
  const model = (name: string) => ({ models: { chat: { targets: [{ provider: 'a', model: name }] } } })
  const bench = await setUp(t, configOf(providerAt(upstream), model('m')))
  t.assert.equal(await ask(bench), 200)
  await bench.reload(configOf(providerAt(upstream), model('other')))
  t.assert.equal(bench.gateway.app.api.breakers.size, 1)
})

test('a key that the vendor has refused rests on; the key that replaces it is tried at once', async (t: TestContext) => {
  const upstream = await vendor(t, [REFUSING, whole(completion())])
  const bench = await setUp(t, configOf(providerAt(upstream)))
  await ask(bench)
  await bench.reload(configOf(providerAt(upstream, { connections: 7 })))
  t.assert.notEqual(await ask(bench), 200)
  t.assert.equal(upstream.requests.length, 1)
  await bench.reload(configOf(providerAt(upstream, { apiKey: 'another-key-of-a' })))
  t.assert.equal(await ask(bench), 200)
})

test('connections stay open where nothing about them has changed', async (t: TestContext) => {
  const upstream = await vendor(t)
  const bench = await setUp(t, configOf(providerAt(upstream)))
  for (const errorRate of [0.3, 0.4, 0.5]) {
    await bench.reload(configOf(providerAt(upstream, { breaker: { errorRate } })))
    t.assert.equal(await ask(bench), 200)
  }
  t.assert.equal(upstream.connections, 1)
})

test('C20: the stream of a provider that is removed ends as it would have, and then its connection closes', async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const upstream = await vendor(t, stream([ROLE, chunk({ content: 'one' }), rest.promise, FINISH, DONE]))
  const bench = await setUp(t, configOf(providerAt(upstream)))
  const response = await bench.gateway.post(CHAT, asked({ stream: true }))
  await bench.reload({ providers: { sim: SIM } })
  t.assert.equal(await ask(bench), 404)
  rest.resolve()
  t.assert.match(await response.text(), /data: \[DONE\]\n\n$/)
  await (await upstream.request(0)).socketClosed
})

test('C20: a request whose body arrives after the reload is answered by the provider that was there when it came', async (t: TestContext) => {
  const upstream = await vendor(t)
  const bench = await setUp(t, configOf(providerAt(upstream)))
  const body = JSON.stringify(asked())
  const request = startRequest(bench.gateway.url + CHAT, {
    method: 'POST',
    headers: { 'content-length': body.length },
  })
  request.write(body.slice(0, 5))
  while (bench.gateway.app.api.live.snapshot.requests.count === 0) await new Promise(setImmediate)
  // The first of the two still has its connections.
  await bench.reload(configOf(providerAt(upstream), { retryBudget: { ratio: 0.3 } }))
  await bench.reload({ providers: { sim: SIM } })
  request.end(body.slice(5))
  const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }]
  response.resume()
  t.assert.equal(response.statusCode, 200)
  await (await upstream.request(0)).socketClosed
})

test('simulated providers start and stop with the config', async (t: TestContext) => {
  const bench = await setUp(t, { providers: { sim: SIM } })
  t.assert.equal(await ask(bench, 'two/echo'), 404)
  await bench.reload({ providers: { sim: SIM, two: SIM } })
  t.assert.equal(await ask(bench, 'two/echo'), 200)
  const { origin } = bench.gateway.app.api.live.snapshot.vendors.get('two') as { origin: string }
  t.assert.equal(await ask(bench, 'sim/echo'), 200)

  await bench.reload({ providers: { sim: SIM } })
  t.assert.equal(await ask(bench, 'two/echo'), 404)
  t.assert.equal(await ask(bench, 'sim/echo'), 200)
  await t.assert.rejects(fetch(`${origin}/v1/models`))

  await bench.reload({ providers: { sim: { ...SIM, sim: { ...SIM.sim, errorRate: 1 } } } })
  t.assert.notEqual(await ask(bench, 'sim/echo'), 200)
})

test('health checks follow the config', async (t: TestContext) => {
  const upstream = await vendor(t)
  const bench = await setUp(t, configOf(providerAt(upstream)))
  const health = 'sluice_target_health{provider="a",model="m"}'
  t.assert.equal((await bench.gateway.metrics()).get(health), undefined)
  await bench.reload(configOf(providerAt(upstream, { health: { interval: '20ms' } })))
  t.assert.equal((await bench.gateway.metrics()).get(health), 1)
  t.assert.match((await upstream.request(0)).url, /models/)
  await bench.reload(configOf(providerAt(upstream)))
  t.assert.equal((await bench.gateway.metrics()).get(health), undefined)
})

test('a prompt is a check from the reload on that names a model for it, until one that names none', async (t: TestContext) => {
  const upstream = await vendor(t)
  const withHealth = (members: object) =>
    configOf(providerAt(upstream, { health: { interval: '1s', timeout: '5s', ...members } }))
  const nextMethod = async () => {
    await hastenChecks(bench.gateway)
    return (await upstream.request(upstream.requests.length + 1)).method
  }
  const bench = await setUp(t, withHealth({}))
  t.assert.equal(await nextMethod(), 'GET')
  await bench.reload(withHealth({ ask: 'small' }))
  t.assert.equal(await nextMethod(), 'POST')
  await bench.reload(withHealth({}))
  t.assert.equal(await nextMethod(), 'GET')
})

test('a vendor that limits prompts is left alone over a reload', async (t: TestContext) => {
  const limited = whole({ error: { message: 'slowly' } }, { status: 429, headers: { 'retry-after': '60' } })
  const upstream = await vendor(t, limited)
  const config = configOf(providerAt(upstream, { health: { interval: '1s', ask: 'small' } }))
  const bench = await setUp(t, config)
  await upstream.request(0)
  const checks = async (outcome: string) =>
    (await bench.gateway.metrics()).get(`sluice_health_checks_total{provider="a",outcome="${outcome}"}`) ?? 0
  while ((await checks('limited')) === 0);
  await bench.reload({ ...config, retryBudget: { ratio: 0.3 } })
  await hastenChecks(bench.gateway)
  const skipped = await checks('skipped')
  while ((await checks('skipped')) < skipped + 2);
  t.assert.equal(upstream.requests.length, 1)
})

test('a key that is rotated leaves what is known of the target as a whole', async (t: TestContext) => {
  const upstream = await vendor(t)
  const bench = await setUp(t, configOf(providerAt(upstream)))
  const { live } = bench.gateway.app.api
  const [before] = live.snapshot.planner.targets
  await bench.reload(configOf(providerAt(upstream, { apiKey: 'another-key-of-a' })))
  const [after] = live.snapshot.planner.targets
  t.assert.equal(after?.load, before?.load)
  t.assert.notEqual(after?.candidates[0]?.gate.breaker, before?.candidates[0]?.gate.breaker)
})

test('a model that is degraded stays so', async (t: TestContext) => {
  const upstream = await vendor(t)
  const degrade = { pressure: 1, after: '0ms', steps: [{ name: 'short', maxTokens: 10 }] }
  const targets = [{ provider: 'a', model: 'm' }]
  const models = (attempts: number) => ({ models: { chat: { targets, degrade, attempts } } })
  const bench = await setUp(t, configOf(providerAt(upstream), models(1)))
  const ladderOf = () => bench.gateway.app.api.live.snapshot.routes.get('chat')?.standby?.relief?.ladder
  const before = ladderOf()
  t.assert.equal(before?.steps(1, performance.now()), 1)
  await bench.reload(configOf(providerAt(upstream), models(2)))
  t.assert.equal(ladderOf(), before)
})

test('a name that comes into the config is called by it in the metrics from then on', async (t: TestContext) => {
  const upstream = await vendor(t, FAILING)
  const bench = await setUp(t, { providers: { a: providerAt(upstream) } })
  await ask(bench, 'a/m')
  const other = STATE.replace('"m"', '"other"')
  t.assert.equal((await bench.gateway.metrics()).get(other), 2)
  await bench.reload(configOf(providerAt(upstream)))
  t.assert.equal((await bench.gateway.metrics()).get(other), undefined)
  t.assert.equal(await ask(bench), 503)
})
