import { type TestContext, test } from 'node:test'
import { METRICS, type MetricDefinition } from '../../src/meter/metrics.ts'
import { hastenChecks } from '../hasten-checks.ts'
import type { Gateway } from '../helper.ts'
import { chatStreamWithUsage, chunk, completion, DONE, FINISH, ROLE } from '../journey/frames.ts'
import { asked, CHAT } from '../journey/setup.ts'
import { CUT, type Script, silence, startUpstream, stream, type Upstream, whole } from '../upstream.ts'
import { setUp } from './setup.ts'

/** Labels whose values are names in the config. */
const NAMES: ReadonlySet<string> = new Set(['provider', 'model', 'gen_ai_provider_name', 'gen_ai_request_model'])
const QUOTA = { 'x-ratelimit-remaining-requests': '99', 'x-ratelimit-reset-requests': '50s' }
const REFUSING = whole({ error: { message: 'no such key' } }, { status: 401 })
const FAILING = whole({ error: { message: 'broken' } }, { status: 500 })

async function vendor(t: TestContext, script: Script): Promise<Upstream> {
  const upstream = await startUpstream(script)
  t.after(() => upstream.close())
  return upstream
}

function providerAt({ url }: Upstream, members: object = {}): object {
  return { type: 'openai-compatible', baseUrl: `${url}/v1`, apiKey: 'key-of-the-vendor', ...members }
}

/** One model under this name, of vendor `a`. */
function configOf(a: Upstream, name: string, model: string): object {
  return { providers: { a: providerAt(a) }, models: { [name]: { targets: [{ provider: 'a', model }] } } }
}

async function ask(gateway: Gateway, members: object): Promise<void> {
  await (await gateway.post(CHAT, asked(members))).text()
}

async function answersOf(gateway: Gateway, model: string): Promise<number | undefined> {
  return (await gateway.metrics()).get(`sluice_upstream_requests_total{provider="a",model="${model}",outcome="ok"}`)
}

/** The metrics that have a series with a label that begins with this word. */
async function metricsWith(gateway: Gateway, word: string): Promise<string[]> {
  const series = [...(await gateway.metrics()).keys()].filter(name => name.includes(`"${word}`))
  return [...new Set(series.map(name => name.replace(/(?:_bucket|_sum|_count)?\{.*$/, '')))].sort()
}

/** Node's own come and go with what the process does. */
function isOurs(series: string): boolean {
  return /^(?:api|sluice|gen_ai)_/.test(series)
}

function metricsOfNames(): string[] {
  const definitions: readonly MetricDefinition[] = Object.values(METRICS)
  return definitions
    .filter(({ labels }) => labels.some(label => NAMES.has(label)))
    .map(({ name }) => name)
    .sort()
}

interface Vendors {
  readonly well: Upstream
  readonly barred: Upstream
  readonly broken: Upstream
  /** Is asked by health checks. */
  readonly checked: Upstream
}

/** A model of two vendors that do not answer, which leads down to one of a vendor that does; all names begin with this word. */
function manyOf(word: string, { well, barred, broken, checked }: Vendors): object {
  const target = (vendor: string) => ({ provider: `${word}-${vendor}`, model: `${word}-m` })
  return {
    providers: {
      [`${word}-well`]: providerAt(well, { limits: { concurrency: 1 }, health: { interval: '1h' } }),
      [`${word}-barred`]: providerAt(barred),
      [`${word}-broken`]: providerAt(broken, { breaker: { minimumCalls: 1, openFor: '1h' } }),
      [`${word}-checked`]: providerAt(checked, { health: { interval: '1s', ask: `${word}-m` } }),
    },
    models: {
      [`${word}-chat`]: {
        strategy: 'priority',
        targets: [target('barred'), target('broken')],
        degradeTo: [`${word}-small`],
      },
      [`${word}-small`]: { targets: [target('well')], queue: {} },
    },
  }
}

/** The first check after the start and after each reload comes after this share of its interval: that is drawn by lot. */
function checkAfter(t: TestContext, share: number): void {
  t.mock.method(Math, 'random', () => share)
}

test('a reload that renames providers and models leaves no time series of the former names', async (t: TestContext) => {
  // Of an hour, where it would be answered what a call shall be.
  checkAfter(t, 0.5)
  const held = Promise.withResolvers<void>()
  const well = await vendor(t, [
    stream(chatStreamWithUsage('Hello')),
    stream([ROLE, chunk({ content: 'Hel' }), CUT]),
    stream([ROLE, held.promise, FINISH, DONE]),
    whole(completion(), { headers: QUOTA }),
  ])
  const checked = await vendor(t, whole(completion()))
  const vendors = { well, barred: await vendor(t, REFUSING), broken: await vendor(t, FAILING), checked }
  const { gateway, reload } = await setUp(t, manyOf('former', vendors))
  await hastenChecks(gateway)
  await ask(gateway, { model: 'former-small', stream: true })
  await ask(gateway, { model: 'former-small', stream: true })
  const first = ask(gateway, { model: 'former-small', stream: true })
  await well.request(2)
  const second = ask(gateway, { model: 'former-small' })
  while ((await gateway.metrics()).get('sluice_queue_depth{model="former-small"}') !== 1);
  held.resolve()
  await Promise.all([first, second])
  await ask(gateway, { model: 'former-chat' })
  await gateway.ended(5)
  // The third begins when the second has been counted.
  await checked.request(2)
  t.assert.deepEqual(await metricsWith(gateway, 'former'), metricsOfNames())

  await reload(manyOf('later', vendors))
  t.assert.deepEqual(await metricsWith(gateway, 'former'), [])
})

function asking(a: Upstream, model: string, interval: string): object {
  return { providers: { a: providerAt(a, { health: { ask: model, interval } }) } }
}

/** What checks of models that are in the config no more have cost, in tokens of input. */
async function billedToOthers(gateway: Gateway, estimated: boolean): Promise<number> {
  const labels = `provider="a",model="other",estimated="${estimated}",type="input"`
  return (await gateway.metrics()).get(`sluice_health_check_tokens_total{${labels}}`) ?? 0
}

test('a check that goes on over a reload does not bring the time series of a model back that is no longer asked', async (t: TestContext) => {
  checkAfter(t, 0)
  const released = Promise.withResolvers<void>()
  const a = await vendor(t, async (seen, response) => {
    await released.promise
    return whole(completion())(seen, response)
  })
  const { gateway, reload } = await setUp(t, asking(a, 'former', '1s'))
  await a.request(0)
  await reload(asking(a, 'later', '1s'))
  released.resolve()
  while (!(await gateway.metrics()).has('sluice_health_checks_total{provider="a",outcome="ok"}'));
  t.assert.deepEqual(await metricsWith(gateway, 'former'), [])
  t.assert.ok((await billedToOthers(gateway, false)) > 0, 'it is billed all the same')
})

test('nor does one that the reload stops; of a model that is still asked it is counted', async (t: TestContext) => {
  checkAfter(t, 0)
  const a = await vendor(t, silence())
  const { gateway, reload } = await setUp(t, asking(a, 'staying', '1s'))
  const first = await a.request(0)
  await reload(asking(a, 'staying', '2s'))
  t.assert.equal(await first.over, 'cut')
  t.assert.deepEqual(await metricsWith(gateway, 'staying'), ['sluice_health_check_tokens_total'])
  const second = await a.request(1)
  await reload(asking(a, 'later', '1s'))
  t.assert.equal(await second.over, 'cut')
  t.assert.deepEqual(await metricsWith(gateway, 'staying'), [])
  t.assert.ok((await billedToOthers(gateway, true)) > 0, 'it may be billed all the same')
})

test('what is gone keeps its time series until the last request that began with it has ended, and that one is counted', async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const a = await vendor(t, [whole(completion()), stream([ROLE, rest.promise, FINISH, DONE])])
  const { gateway, reload } = await setUp(t, configOf(a, 'chat', 'former'))
  await ask(gateway, {})
  const open = ask(gateway, { stream: true })
  await a.request(1)
  await reload(configOf(a, 'chat', 'later'))
  t.assert.equal(await answersOf(gateway, 'former'), 1)
  rest.resolve()
  await open
  await gateway.ended(2)
  t.assert.deepEqual(await metricsWith(gateway, 'former'), [])
  t.assert.equal((await gateway.metrics()).get('sluice_attempts_total'), 2)
})

test('a target that stays counts on, requests that are under way over the reload as well', async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const a = await vendor(t, [whole(completion()), stream([ROLE, rest.promise, FINISH, DONE]), whole(completion())])
  const { gateway, reload } = await setUp(t, configOf(a, 'chat', 'm'))
  await ask(gateway, {})
  const open = ask(gateway, { stream: true })
  await a.request(1)
  await reload(configOf(a, 'talk', 'm'))
  await ask(gateway, { model: 'talk' })
  await gateway.ended(2)
  rest.resolve()
  await open
  await gateway.ended(3)
  t.assert.equal(await answersOf(gateway, 'm'), 3)
  await reload(configOf(a, 'chat', 'm'))
  t.assert.equal(await answersOf(gateway, 'm'), 3)
})

test('a name that comes back is counted from 0', async (t: TestContext) => {
  const a = await vendor(t, whole(completion()))
  const { gateway, reload } = await setUp(t, configOf(a, 'chat', 'm'))
  await ask(gateway, {})
  await gateway.ended(1)
  await reload(configOf(a, 'chat', 'n'))
  await reload(configOf(a, 'chat', 'm'))
  await ask(gateway, {})
  await gateway.ended(2)
  t.assert.equal(await answersOf(gateway, 'm'), 1)
})

test('a key that its provider no longer has takes its time series with it, and leaves those of the others', async (t: TestContext) => {
  const a = await vendor(t, REFUSING)
  const withKeys = (...apiKeys: string[]): object => ({
    providers: { a: providerAt(a, { apiKey: undefined, apiKeys }) },
  })
  const { gateway, reload } = await setUp(t, withKeys('key-1', 'key-2'))
  await ask(gateway, { model: 'a/direct' })
  await gateway.ended(1)
  const refused = async (): Promise<(number | undefined)[]> => {
    const metrics = await gateway.metrics()
    return ['0', '1'].map(key => metrics.get(`sluice_upstream_key_refused_total{provider="a",key="${key}"}`))
  }
  t.assert.deepEqual(await refused(), [1, 1])
  await reload(withKeys('key-1'))
  t.assert.deepEqual(await refused(), [1, undefined])
  const others = 'sluice_upstream_requests_total{provider="a",model="other",outcome="unauthorized"}'
  t.assert.equal((await gateway.metrics()).get(others), 2)
})

test('there are no more time series after thirty reloads that rename everything than after the first', async (t: TestContext) => {
  const a = await vendor(t, whole(completion()))
  const { gateway, reload } = await setUp(t, configOf(a, 'chat-0', 'm-0'))
  const counts: number[] = []
  for (let version = 1; version <= 30; version += 1) {
    await reload(configOf(a, `chat-${version}`, `m-${version}`))
    await ask(gateway, { model: `chat-${version}` })
    await gateway.ended(version)
    counts.push([...(await gateway.metrics()).keys()].filter(isOurs).length)
  }
  t.assert.equal(counts.at(-1), counts[0])
})
