import { test } from 'node:test'
import { hastenChecks } from '../hasten-checks.ts'
import { type Handler, type SeenRequest, whole } from '../upstream.ts'
import { CHAT_USAGE, completion } from './frames.ts'
import { asked, CHAT, setUp } from './setup.ts'

const LIST = '/v1/models'
const MODELS = whole({ object: 'list', data: [] })
const EAGER = { health: { interval: '10ms', unhealthyAfter: 2, healthyAfter: 2 } }

/** A vendor that answers calls, and checks as `check` says. */
function vendor(name: string, check: Handler): Handler {
  return (seen, response) => (seen.url === LIST ? check : whole(completion(`of ${name}`)))(seen, response)
}

function status(code: number): Handler {
  return whole({ error: { message: 'no' } }, { status: code })
}

test('a vendor whose checks fail is left out until they succeed, and the log and the metrics say so', async t => {
  const { gateway, upstreams } = await setUp(t, [vendor('a', status(503)), vendor('b', MODELS)], { provider: EAGER })
  const line = await gateway.logged(({ msg, healthy }) => msg === 'health changed' && healthy === false)
  t.assert.deepEqual([line.provider, line.illness], ['a', 'status 503'])
  t.assert.match(await (await gateway.post(CHAT, asked())).text(), /of b/)
  const metrics = await gateway.metrics()
  t.assert.equal(metrics.get('sluice_target_health{provider="a",model="m"}'), 0)
  t.assert.equal(metrics.get('sluice_target_health{provider="b",model="m"}'), 1)

  upstreams[0]?.use(vendor('a', MODELS))
  await gateway.logged(({ msg, healthy }) => msg === 'health changed' && healthy === true)
  t.assert.match(await (await gateway.post(CHAT, asked())).text(), /of a/)
  t.assert.equal((await gateway.metrics()).get('sluice_target_health{provider="a",model="m"}'), 1)
  t.assert.equal(gateway.logs.filter(({ msg }) => msg === 'health changed').length, 2, 'one line a change')
})

test('checks that are all broken do not take the service down', async t => {
  const { gateway } = await setUp(t, [vendor('a', status(500))], { provider: EAGER })
  await gateway.logged(({ msg }) => msg === 'health changed')
  t.assert.match(await (await gateway.post(CHAT, asked())).text(), /of a/)
})

test('C11: unless the config says refuse: then it is a 503 that says when the next check is due', async t => {
  const { gateway, upstream } = await setUp(t, [vendor('a', status(500))], {
    provider: { health: { ...EAGER.health, whenAllUnhealthy: 'refuse' } },
  })
  await gateway.logged(({ msg }) => msg === 'health changed')
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.status, 503)
  t.assert.equal(response.headers.get('retry-after'), '1')
  t.assert.deepEqual(new Set(upstream.requests.map(({ url }) => url)), new Set([LIST]))
})

test('C2: a key that a check finds refused rests and raises the alert; its vendor is well', async t => {
  const check: Handler = (seen, response) =>
    (seen.headers.authorization === 'Bearer bad' ? status(401) : MODELS)(seen, response)
  const { gateway, upstream } = await setUp(t, [vendor('a', check)], {
    provider: { ...EAGER, apiKey: undefined, apiKeys: ['bad', 'good'] },
  })
  await upstream.request(3)
  for (let turn = 0; turn < 4; turn += 1) t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  const called = upstream.requests.filter(({ url }) => url !== LIST)
  t.assert.deepEqual(new Set(called.map(({ headers }) => headers.authorization)), new Set(['Bearer good']))
  const metrics = await gateway.metrics()
  t.assert.equal((metrics.get('sluice_upstream_key_refused_total{provider="a",key="0"}') ?? 0) >= 1, true)
  t.assert.equal(metrics.get('sluice_target_health{provider="a",model="m"}'), 1)
})

test('a gateway that closes ends the check that is under way', async t => {
  const { gateway, upstream } = await setUp(t, [() => {}], {
    provider: { health: { interval: '10ms', timeout: '10m' } },
  })
  const check = await upstream.request(0)
  await gateway.app.api.close()
  t.assert.equal(await check.over, 'cut')
})

const ASKING = { health: { ...EAGER.health, interval: '1s', ask: 'small' } }

/** A vendor that lists its models, answers calls, and checks that are prompts as `check` says. */
function prompted(name: string, check: Handler): Handler {
  return (seen, response) => {
    if (seen.url === LIST) return MODELS(seen, response)
    return (isCheck(seen) ? check : whole(completion(`of ${name}`)))(seen, response)
  }
}

function isCheck({ body }: SeenRequest): boolean {
  return (JSON.parse(body.toString()) as { model: string }).model === 'small'
}

test('a vendor that lists its models while they are down is found out by a prompt, and left out', async t => {
  const { gateway } = await setUp(t, [prompted('a', status(500)), prompted('b', whole(completion()))], {
    provider: ASKING,
  })
  await hastenChecks(gateway)
  const line = await gateway.logged(({ msg }) => msg === 'health changed')
  t.assert.deepEqual([line.provider, line.illness, line.healthy], ['a', 'status 500', false])
  t.assert.match(await (await gateway.post(CHAT, asked())).text(), /of b/)
})

test('what prompts cost is counted by itself, and in no figure of callers', async t => {
  const { gateway, upstream } = await setUp(t, [prompted('a', whole(completion()))], { provider: ASKING })
  await hastenChecks(gateway)
  await upstream.request(2)
  const metrics = await gateway.metrics()
  const spent = (type: string) =>
    metrics.get(`sluice_health_check_tokens_total{provider="a",model="small",estimated="false",type="${type}"}`) ?? 0
  const checks = metrics.get('sluice_health_checks_total{provider="a",outcome="ok"}') ?? 0
  t.assert.equal(checks >= 1, true)
  const { prompt_tokens: input, completion_tokens: output } = CHAT_USAGE
  t.assert.deepEqual([spent('input'), spent('output')], [checks * input, checks * output])
  const others = [...metrics].filter(([name]) => /^(?:gen_ai|api_requests|sluice_upstream|sluice_wasted)/.test(name))
  t.assert.deepEqual(
    others.filter(([, value]) => value !== 0),
    [],
  )
})

test('a model that the vendor does not have is told in the log, once, and in the metrics; the vendor stays in', async t => {
  const { gateway, upstream } = await setUp(t, [prompted('a', status(404))], { provider: ASKING })
  await hastenChecks(gateway)
  await upstream.request(3)
  const lines = gateway.logs.filter(({ msg }) => msg === 'health check refused')
  t.assert.deepEqual(
    lines.map(({ provider, key, refusal }) => [provider, key, refusal]),
    [['a', 0, 'status 404 to a prompt for small']],
  )
  const metrics = await gateway.metrics()
  t.assert.equal((metrics.get('sluice_health_checks_total{provider="a",outcome="refused"}') ?? 0) >= 1, true)
  t.assert.equal(metrics.get('sluice_target_health{provider="a",model="m"}'), 1)
})

test('how many prompts a day frequent checks are is told at the start', async t => {
  const promptsOf = async (health: object) => {
    const { gateway } = await setUp(t, [prompted('a', whole(completion()))], { provider: { health } })
    const lines = gateway.logs.filter(({ msg }) => msg === 'health checks of this process are many prompts')
    return lines.map(({ provider, model, promptsPerDay }) => [provider, model, promptsPerDay])
  }
  t.assert.deepEqual(await promptsOf({ interval: '10s', ask: 'small' }), [['a', 'small', 8_640]])
  t.assert.deepEqual(await promptsOf({ interval: '30s', ask: 'small' }), [])
  t.assert.deepEqual(await promptsOf({ ask: 'small' }), [])
  t.assert.deepEqual(await promptsOf({ interval: '10s' }), [])
})

test('the simulator answers prompts of checks, and fails them in an outage', async t => {
  const sim = { latency: '0ms', jitter: '0ms' }
  const health = { interval: '1s', unhealthyAfter: 1, ask: 'echo' }
  const { gateway } = await setUp(t, [], {
    config: {
      providers: {
        up: { type: 'sim', sim, health },
        down: { type: 'sim', sim: { ...sim, outages: [{ after: '0ms', for: '1h' }] }, health },
      },
    },
  })
  await hastenChecks(gateway)
  const line = await gateway.logged(({ msg }) => msg === 'health changed')
  t.assert.deepEqual([line.provider, line.illness], ['down', 'status 503'])
  for (;;) {
    const checks = (await gateway.metrics()).get('sluice_health_checks_total{provider="up",outcome="ok"}') ?? 0
    if (checks > 0) break
  }
})
