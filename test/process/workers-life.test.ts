import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Client } from '../journey/client.ts'
import { chunk, DONE, FINISH, ROLE } from '../journey/frames.ts'
import { startUpstream, stream } from '../upstream.ts'
import { startProcess } from './sluice.ts'
import { type Crew, linesOf, startCrew, statusesOf } from './workers.ts'

const SIM = 'providers: { sim: { sim: { latency: 0ms, jitter: 0ms, tokensPerSecond: 100000 } } }\n'
const CHAT_MODEL = 'models: { chat: { targets: [ { provider: sim, model: echo } ] } }\n'

function rewrite({ primary }: Crew, text: string): void {
  writeFileSync(join(primary.directory, 'sluice.yaml'), text)
}

interface Described {
  readonly lastError: { readonly message: string } | null
  readonly config: { readonly models: object }
}

/** The process that answers this call: ids of requests begin with a word of their process. */
async function serverOf({ primary }: Crew, call: Client): Promise<number | undefined> {
  const wordOf = (id: unknown) => String(id).replace(/-\w+$/, '')
  const { headers } = await call.head()
  return linesOf(primary, 'request').find(({ id }) => wordOf(id) === wordOf(headers['x-request-id']))?.pid
}

async function describe(crew: Crew): Promise<Described> {
  return JSON.parse(await crew.ops('/admin/v1/config')) as Described
}

/** A stream at each worker, of which the rest comes when it is let. */
async function startStreams(t: TestContext) {
  const rest = Promise.withResolvers<void>()
  const upstream = await startUpstream(
    stream([ROLE, chunk({ content: 'one' }), rest.promise, chunk({ content: 'two' }), FINISH, DONE]),
  )
  t.after(() => upstream.close())
  const text = `providers: { a: { type: openai-compatible, baseUrl: "${upstream.url}" } }\nlisten: { drain: 20s }\n`
  const crew = await startCrew(t, text)
  const calls = [0, 1].map(() => crew.call({ model: 'a/m', stream: true }))
  for (const call of calls) await call.until('one')
  return { crew, calls, rest }
}

test('a worker that is killed is replaced; streams of the others go on, new calls are answered, and no count falls', async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const upstream = await startUpstream(
    stream([ROLE, chunk({ content: 'one' }), rest.promise, chunk({ content: 'two' }), FINISH, DONE]),
  )
  t.after(() => upstream.close())
  const vendor = `a: { type: openai-compatible, baseUrl: "${upstream.url}" }`
  const crew = await startCrew(t, `${SIM.replace('sim:', `${vendor}, sim:`)}${CHAT_MODEL}`)
  await statusesOf(crew, 2)
  await crew.primary.wrote(/(?:"msg":"request"[\s\S]*){2}/)
  const counted = 'api_requests_total{endpoint="/v1/chat/completions",status="200"}'
  t.assert.equal(await crew.metric(counted), 2)
  const open = crew.call({ model: 'a/m', stream: true })
  await open.until('one')
  const server = await serverOf(crew, open)
  process.kill(crew.pids.find(pid => pid !== server) as number, 'SIGKILL')
  await crew.primary.wrote(/"reason":"SIGKILL","pauseMs":100,"msg":"a worker ended/)
  t.assert.deepEqual(await statusesOf(crew, 4), [200, 200, 200, 200])
  await crew.primary.wrote(/a worker answers in the place/)
  rest.resolve()
  t.assert.match(await open.whole(), /two[\s\S]*\[DONE\]/)
  t.assert.deepEqual(await statusesOf(crew, 4), [200, 200, 200, 200])
  t.assert.equal(await crew.metric('sluice_worker_restarts_total'), 1)
  t.assert.equal(await crew.metric('sluice_workers'), 2)
  t.assert.equal(await crew.metric(counted), 2 + 4 + 1 + 4)
})

/** A plugin of the operator's with a metric that cannot be read, and another that cannot be added up. */
const BAD_METRICS = `
import cluster from 'node:cluster'
const metric = { type: 'counter', help: 'x', values: [{ value: 1, labels: {} }], aggregator: 'average' }
export default async app => {
  const get = () => { if (cluster.worker.id === 2) throw new Error('no such table'); return { ...metric, name: 'mine' } }
  app.registry.registerMetric({ name: 'mine', get, reset() {} })
}
`

test("a plugin's metrics that cannot be read or added up do not keep a worker that ends from being replaced", async (t: TestContext) => {
  const crew = await startCrew(t, `${SIM}plugins: [ ./metrics.js ]\n`, { files: { 'metrics.js': BAD_METRICS } })
  await crew.ops('/metrics')
  for (const [index, pid] of crew.pids.entries()) {
    process.kill(pid, 'SIGKILL')
    await crew.primary.wrote(new RegExp(`(?:a worker answers in the place[\\s\\S]*){${index + 1}}`))
  }
})

test('C23: on SIGTERM the streams of all workers finish, then the process ends with code 0', async (t: TestContext) => {
  const { crew, calls, rest } = await startStreams(t)
  crew.primary.kill('SIGTERM')
  await crew.primary.wrote(/(?:"msg":"draining"[\s\S]*){2}/)
  rest.resolve()
  for (const call of calls) t.assert.match(await call.whole(), /two[\s\S]*\[DONE\]/)
  t.assert.equal(await crew.primary.exit, 0)
  t.assert.equal(crew.primary.stderr, '')
})

test('C23: a signal that reaches the whole group, as those of a terminal do, is one order to stop, whoever hears it first', async (t: TestContext) => {
  const { crew, calls, rest } = await startStreams(t)
  const [one, other] = crew.pids as [number, number]
  process.kill(one, 'SIGINT')
  await crew.primary.wrote(/"msg":"draining"/)
  crew.primary.kill('SIGINT')
  await crew.primary.wrote(/(?:"msg":"draining"[\s\S]*){2}/)
  process.kill(other, 'SIGINT')
  rest.resolve()
  for (const call of calls) t.assert.match(await call.whole(), /two[\s\S]*\[DONE\]/)
  t.assert.equal(await crew.primary.exit, 0)
  t.assert.equal(crew.primary.stderr, '')
})

test('a signal during the start ends it, with code 0 and not a word of an error', async (t: TestContext) => {
  const slow = 'export default () => new Promise(() => setInterval(() => {}, 1000))\n'
  const files = { 'sluice.yaml': `${SIM}plugins: [ ./slow.js ]\n`, 'slow.js': slow }
  const started = startProcess(t, [], { files, environment: { WORKERS: '2' } })
  await started.wrote(/Server listening at/)
  started.kill('SIGTERM')
  t.assert.equal(await started.exit, 0)
  t.assert.equal(started.stderr, '')
})

test('a primary that is killed leaves no worker behind', async (t: TestContext) => {
  const crew = await startCrew(t, SIM + CHAT_MODEL)
  crew.primary.kill('SIGKILL')
  // Settles when nobody holds the standard output any more, the workers neither.
  t.assert.equal(await crew.primary.exit, 'SIGKILL')
  await t.assert.rejects(fetch(crew.url))
})

/** A plugin of the operator's with which the worker that is called never does anything again. */
const HANGING = `
import { writeSync } from 'node:fs'
export default async app => {
  app.addHook('onRequest', async () => {
    writeSync(1, 'it hangs\\n')
    for (;;);
  })
}
`

test('a primary that is told to stop twice leaves no worker behind, not even one that hangs', async (t: TestContext) => {
  const crew = await startCrew(t, `${SIM}plugins: [ ./hanging.js ]\n`, { files: { 'hanging.js': HANGING } })
  crew.call()
  await crew.primary.wrote(/^it hangs$/m)
  crew.primary.kill('SIGTERM')
  // A primary that has answered has heard the first signal; two at once would be one.
  await crew.ops('/admin/v1/config')
  crew.primary.kill('SIGTERM')
  // Settles when nobody holds the standard output any more, the workers neither.
  t.assert.equal(await crew.primary.exit, 1)
})

test('C22: a change of the file reaches all workers and counts once; SIGHUP asks for another look', async (t: TestContext) => {
  const crew = await startCrew(t, SIM)
  t.assert.deepEqual(await statusesOf(crew, 2), [404, 404])
  rewrite(crew, SIM + CHAT_MODEL)
  await crew.primary.wrote(/"result":"applied"/)
  t.assert.deepEqual(await statusesOf(crew, 4), [200, 200, 200, 200])
  t.assert.equal(await crew.metric('sluice_config_reloads_total{result="applied"}'), 1)
  crew.primary.kill('SIGHUP')
  await crew.primary.wrote(/"result":"unchanged"/)
  t.assert.equal(await crew.metric('sluice_config_reloads_total{result="unchanged"}'), 1)
})

test('C21: what is refused is told once and on the ops listener, and a worker that is started then has the config in force', async (t: TestContext) => {
  const crew = await startCrew(t, SIM)
  rewrite(crew, SIM + CHAT_MODEL)
  await crew.primary.wrote(/"result":"applied"/)
  rewrite(crew, `${SIM}${CHAT_MODEL}modls: {}\n`)
  await crew.primary.wrote(/"reason":"sluice\.yaml:3:1 unknown key/)
  t.assert.match(String((await describe(crew)).lastError?.message), /unknown key "modls"/)
  t.assert.equal(await crew.metric('sluice_config_reloads_total{result="refused"}'), 1)
  process.kill(crew.pids[0] as number, 'SIGKILL')
  await crew.primary.wrote(/a worker answers in the place/)
  t.assert.deepEqual(await statusesOf(crew, 4), [200, 200, 200, 200])
})

/** A plugin of the operator's that makes the second worker refuse configs with a model of this name. */
const REFUSING = `
import cluster from 'node:cluster'
export default async app => {
  const apply = app.live.apply
  app.live.apply = async config => {
    if (cluster.worker.id === 2 && 'refused' in config.models) throw new Error('not with me')
    await apply(config)
  }
}
`

test('C21: where one worker refuses a config, all go on with the former one', async (t: TestContext) => {
  const text = `${SIM}plugins: [ ./refusing.js ]\n`
  const crew = await startCrew(t, text, { files: { 'refusing.js': REFUSING } })
  rewrite(
    crew,
    `${text}${CHAT_MODEL.replace('chat:', 'chat: { targets: [ { provider: sim, model: echo } ] }, refused:')}`,
  )
  await crew.primary.wrote(/"reason":"not with me"/)
  t.assert.deepEqual(await statusesOf(crew, 4), [404, 404, 404, 404])
  const { lastError, config } = await describe(crew)
  t.assert.equal(lastError?.message, 'not with me')
  t.assert.deepEqual(config.models, {})
})

/** A plugin of the operator's that makes the second of the first workers refuse every config. */
const STUBBORN = `
import cluster from 'node:cluster'
export default async app => {
  if (cluster.worker.id === 2) app.live.apply = async () => { throw new Error('not with me') }
}
`

test('C21: a worker that cannot go back to the former config is ended, and the next one has it', async (t: TestContext) => {
  const text = `${SIM}plugins: [ ./stubborn.js ]\n`
  const crew = await startCrew(t, text, { files: { 'stubborn.js': STUBBORN } })
  rewrite(crew, text + CHAT_MODEL)
  await crew.primary.wrote(/"reason":"it cannot go back to the former config: not with me"/)
  await crew.primary.wrote(/a worker answers in the place/)
  t.assert.deepEqual(await statusesOf(crew, 4), [404, 404, 404, 404])
})

test('a worker that cannot start ends the gateway with its error, in one line', async (t: TestContext) => {
  const files = { 'sluice.yaml': `${SIM}plugins: [ ./bad.js ]\n`, 'bad.js': "throw new Error('no such table')\n" }
  const started = startProcess(t, [], { files, environment: { WORKERS: '2' } })
  t.assert.equal(await started.exit, 1)
  t.assert.match(started.stderr, /^sluice: plugin \S+bad\.js: no such table\n$/)
  t.assert.doesNotMatch(started.stdout, /is ready/)
})

test('a gateway whose last worker cannot be started again ends with code 1', async (t: TestContext) => {
  const files = { 'mine.js': 'export default async () => {}\n' }
  const crew = await startCrew(t, `${SIM}plugins: [ ./mine.js ]\n`, { files })
  const [one, other] = crew.pids as [number, number]
  writeFileSync(join(crew.primary.directory, 'mine.js'), "throw new Error('no such table')\n")
  process.kill(one, 'SIGKILL')
  await crew.primary.wrote(/"reason":"plugin [^"]*no such table","pauseMs":200/)
  t.assert.deepEqual(await statusesOf(crew, 1), [404])
  process.kill(other, 'SIGKILL')
  t.assert.equal(await crew.primary.exit, 1)
  t.assert.match(crew.primary.stdout, /no worker is left/)
})
