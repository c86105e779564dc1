import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { asked, CHAT } from '../journey/setup.ts'
import { type ReloadBench, setUp } from './setup.ts'

const SIM = { type: 'sim', sim: { latency: '0ms', jitter: '0ms', tokensPerSecond: 100_000 } }
const CONFIG = { providers: { sim: SIM }, models: { chat: { targets: [{ provider: 'sim', model: 'echo' }] } } }

async function statusOf({ gateway }: ReloadBench): Promise<number> {
  const response = await gateway.post(CHAT, asked())
  await response.text()
  return response.status
}

const REFUSALS: readonly (readonly [name: string, text: string, says: RegExp])[] = [
  ['an unknown setting', `${JSON.stringify(CONFIG)}\n`.replace('models', 'modls'), /^sluice\.yaml:1:\d+ .*"modls"/],
  ['a half-written file', JSON.stringify(CONFIG).slice(0, 60), /^sluice\.yaml:\d+:\d+ not valid YAML/],
  ['an empty file', '', /^sluice\.yaml:1:1 the file is empty$/],
  ['a variable that is not set', `providers: { openai: { apiKey: "\${NOPE}" } }`, /^sluice\.yaml:1:\d+ variable NOPE/],
  ['a secret that is gone', 'providers: { openai: { apiKey: "file:/nowhere" } }', /^sluice\.yaml:1:\d+ .*ENOENT/],
]

for (const [name, text, says] of REFUSALS) {
  test(`C21: ${name} leaves the config in force, and the reason stands in the log, the metric and on the ops listener`, async (t: TestContext) => {
    const bench = await setUp(t, CONFIG)
    const before = await bench.describe()
    await bench.reload(text)
    const line = await bench.gateway.logged(({ reason }) => reason !== undefined)
    t.assert.match(String(line.reason), says)
    const after = await bench.describe()
    t.assert.match(String(after.lastError?.message), says)
    t.assert.equal(after.version, before.version)
    t.assert.equal((await bench.gateway.metrics()).get('sluice_config_reloads_total{result="refused"}'), 1)
    t.assert.equal(await statusOf(bench), 200)
  })
}

test('C21: a file that is deleted leaves the config in force; when it is back, the reason is gone', async (t: TestContext) => {
  const bench = await setUp(t, CONFIG)
  unlinkSync(join(bench.directory, 'sluice.yaml'))
  await bench.gateway.logged(({ reason }) => reason !== undefined)
  t.assert.match(String((await bench.describe()).lastError?.message), /there is no such configuration file/)
  t.assert.equal(await statusOf(bench), 200)
  await bench.reload(CONFIG)
  t.assert.equal((await bench.describe()).lastError, null)
  const metrics = await bench.gateway.metrics()
  t.assert.equal(metrics.get('sluice_config_reloads_total{result="unchanged"}'), 1)
  t.assert.equal(metrics.get('sluice_config_reloads_total{result="applied"}'), 0)
})

test('C21: a file that cannot be read leaves the config in force, and the reason says what is wrong with it', async (t: TestContext) => {
  const bench = await setUp(t, CONFIG)
  // A folder in its place cannot be read by anybody, where missing rights would not stop root.
  unlinkSync(join(bench.directory, 'sluice.yaml'))
  mkdirSync(join(bench.directory, 'sluice.yaml'))
  await bench.gateway.app.api.reloads.reload()
  t.assert.match(String((await bench.describe()).lastError?.message), /^sluice\.yaml.*EISDIR/)
  t.assert.equal((await bench.gateway.metrics()).get('sluice_config_reloads_total{result="refused"}'), 1)
  t.assert.equal(await statusOf(bench), 200)
})

test('C22: ten saves in a moment are one reload', async (t: TestContext) => {
  const bench = await setUp(t, CONFIG)
  for (let attempts = 1; attempts <= 10; attempts += 1) {
    bench.save({ ...CONFIG, models: { chat: { ...CONFIG.models.chat, attempts } } })
  }
  await bench.gateway.logged(({ result }) => result === 'applied')
  t.assert.deepEqual(bench.gateway.app.api.reloads.counts, { applied: 1, refused: 0, unchanged: 0 })
  t.assert.equal(bench.gateway.app.api.live.snapshot.config.models.chat?.attempts, 10)
})

test('C22: a secret that is rotated in its file is in force without another change', async (t: TestContext) => {
  const caller = { name: 'caller', key: 'file:key' }
  const bench = await setUp(t, CONFIG)
  writeFileSync(join(bench.directory, 'key'), 'first-key-of-the-caller')
  await bench.reload({ ...CONFIG, keys: [caller] })
  const statusWith = async (key: string): Promise<number> =>
    (await fetch(`${bench.gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status
  t.assert.equal(await statusWith('first-key-of-the-caller'), 200)
  const applied = bench.gateway.app.api.reloads.counts.applied
  writeFileSync(join(bench.directory, 'key'), 'second-key-of-the-caller')
  await bench.gateway.logged(() => bench.gateway.app.api.reloads.counts.applied > applied)
  t.assert.equal(await statusWith('first-key-of-the-caller'), 401)
  t.assert.equal(await statusWith('second-key-of-the-caller'), 200)
})

test('sections that cannot change in a running process stay, and are named; the rest is applied', async (t: TestContext) => {
  const bench = await setUp(t, CONFIG)
  const models = { ...CONFIG.models, other: CONFIG.models.chat }
  await bench.reload({ ...CONFIG, models, listen: { bodyLimit: '1KiB' }, log: { level: 'warn' } })
  const line = await bench.gateway.logged(({ restart }) => restart !== undefined)
  t.assert.deepEqual(line.restart, ['listen', 'log'])
  const { needsRestart, config } = await bench.describe()
  t.assert.deepEqual(needsRestart, ['listen', 'log'])
  t.assert.partialDeepStrictEqual(config, { listen: { bodyLimit: 32 * 1024 * 1024 }, models: { other: {} } })
})

test('E20: the config that the ops listener shows holds no secret', async (t: TestContext) => {
  const bench = await setUp(t, {
    providers: { openai: { apiKey: 'canary-one' }, vllm: { baseUrl: 'http://127.0.0.1:1', apiKeys: ['canary-two'] } },
    keys: [
      { name: 'caller', key: 'canary-of-the-caller' },
      { name: 'hashed', sha256: 'ca'.repeat(32) },
    ],
    state: { redis: 'redis://user:canary@127.0.0.1:1' },
  })
  const text = JSON.stringify(await bench.describe())
  t.assert.doesNotMatch(text, /canary|(?:ca){32}/)
  t.assert.match(text, /"apiKeys":\["\*\*\*"\]/)
})
