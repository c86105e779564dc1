import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Client } from '../journey/client.ts'
import { chunk, DONE, FINISH, ROLE } from '../journey/frames.ts'
import { startUpstream, stream } from '../upstream.ts'
import { startProcess } from './sluice.ts'
import { type Crew, linesOf, startCrew, statusesOf } from './workers.ts'

const FAST = 'sim: { sim: { latency: 0ms, jitter: 0ms, tokensPerSecond: 100000 } }'
const SIM = `providers: { ${FAST} }\n`
const CHAT_MODEL = 'models: { chat: { targets: [ { provider: sim, model: echo } ] } }\n'

function rewrite({ primary }: Crew, text: string): void {
  writeFileSync(join(primary.directory, 'sluice.yaml'), text)
}

/** When so many workers have come in the place of others, and the log, which is not written at once, says of each that it listens. */
async function replaced({ primary }: Crew, count: number): Promise<void> {
  await primary.wrote(new RegExp(`(?:a worker answers in the place[\\s\\S]*){${count}}`))
  await primary.wrote(new RegExp(`(?:"msg":"listening"[\\s\\S]*){${2 + count}}`))
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

/** A crew before a vendor whose streams stop in the middle, until they are let go on. */
async function startStreaming(t: TestContext) {
  let rest = Promise.withResolvers<void>()
  const upstream = await startUpstream((request, response) =>
    stream([ROLE, chunk({ content: 'one' }), rest.promise, chunk({ content: 'two' }), FINISH, DONE])(request, response),
  )
  t.after(() => upstream.close())
  const vendor = `a: { type: openai-compatible, baseUrl: "${upstream.url}" }`
  const crew = await startCrew(t, `providers: { ${vendor}, ${FAST} }\n${CHAT_MODEL}listen: { drain: 20s }\n`)
  return {
    crew,
    /** So many streams, of which the workers have as many each. */
    async begin(count: number): Promise<Client[]> {
      const calls = Array.from({ length: count }, () => crew.call({ model: 'a/m', stream: true }))
      for (const call of calls) await call.until('one')
      return calls
    },
    /** Those that have begun. */
    goOn(): void {
      rest.resolve()
      rest = Promise.withResolvers()
    },
  }
}

test('workers with streams: one is killed, then all are told to stop', async (t: TestContext) => {
  const { crew, begin, goOn } = await startStreaming(t)

  await t.test(
    'a worker that is killed is replaced; streams of the others go on, new calls are answered, and no count falls',
    async (t: TestContext) => {
      await statusesOf(crew, 2)
      await crew.primary.wrote(/(?:"msg":"request"[\s\S]*){2}/)
      const counted = 'api_requests_total{endpoint="/v1/chat/completions",status="200"}'
      t.assert.equal(await crew.metric(counted), 2)
      const [open] = (await begin(1)) as [Client]
      const server = await serverOf(crew, open)
      process.kill(crew.pids.find(pid => pid !== server) as number, 'SIGKILL')
      await crew.primary.wrote(/"reason":"SIGKILL","pauseMs":100,"msg":"a worker ended/)
      t.assert.deepEqual(await statusesOf(crew, 4), [200, 200, 200, 200])
      await replaced(crew, 1)
      goOn()
      t.assert.match(await open.whole(), /two[\s\S]*\[DONE\]/)
      t.assert.deepEqual(await statusesOf(crew, 4), [200, 200, 200, 200])
      t.assert.equal(await crew.metric('sluice_worker_restarts_total'), 1)
      t.assert.equal(await crew.metric('sluice_workers'), 2)
      t.assert.equal(await crew.metric(counted), 2 + 4 + 1 + 4)
    },
  )

  await t.test(
    'C23: on SIGTERM the streams of all workers finish, then the process ends with code 0',
    async (t: TestContext) => {
      const calls = await begin(2)
      crew.primary.kill('SIGTERM')
      await crew.primary.wrote(/(?:"msg":"draining"[\s\S]*){2}/)
      goOn()
      for (const call of calls) t.assert.match(await call.whole(), /two[\s\S]*\[DONE\]/)
      t.assert.equal(await crew.primary.exit, 0)
      t.assert.equal(crew.primary.stderr, '')
    },
  )
})

test('C23: a signal that reaches the whole group, as those of a terminal do, is one order to stop, whoever hears it first', async (t: TestContext) => {
  const { crew, begin, goOn } = await startStreaming(t)
  const calls = await begin(2)
  const [one, other] = crew.pids as [number, number]
  process.kill(one, 'SIGINT')
  await crew.primary.wrote(/"msg":"draining"/)
  crew.primary.kill('SIGINT')
  await crew.primary.wrote(/(?:"msg":"draining"[\s\S]*){2}/)
  process.kill(other, 'SIGINT')
  goOn()
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

/** A plugin of the operator's that makes the second of the first workers refuse a config with one model, and, after one with another, all. */
const REFUSING = `
import cluster from 'node:cluster'
export default async app => {
  if (cluster.worker.id !== 2) return
  const apply = app.live.apply
  let stubborn = false
  app.live.apply = async config => {
    stubborn ||= 'stuck' in config.models
    if (stubborn || 'refused' in config.models) throw new Error('not with me')
    await apply(config)
  }
}
`

test('a configuration for several workers, from its first change until the primary is killed', async (t: TestContext) => {
  const text = `${SIM}plugins: [ ./refusing.js ]\n`
  const crew = await startCrew(t, text, { files: { 'refusing.js': REFUSING } })

  await t.test(
    'C22: a change of the file reaches all workers and counts once; SIGHUP asks for another look',
    async (t: TestContext) => {
      t.assert.deepEqual(await statusesOf(crew, 2), [404, 404])
      rewrite(crew, text + CHAT_MODEL)
      await crew.primary.wrote(/"result":"applied"/)
      t.assert.deepEqual(await statusesOf(crew, 4), [200, 200, 200, 200])
      t.assert.equal(await crew.metric('sluice_config_reloads_total{result="applied"}'), 1)
      crew.primary.kill('SIGHUP')
      await crew.primary.wrote(/"result":"unchanged"/)
      t.assert.equal(await crew.metric('sluice_config_reloads_total{result="unchanged"}'), 1)
    },
  )

  await t.test('C21: where one worker refuses a config, all go on with the former one', async (t: TestContext) => {
    rewrite(crew, text + CHAT_MODEL.replace('chat:', 'refused:'))
    await crew.primary.wrote(/"reason":"not with me"/)
    t.assert.deepEqual(await statusesOf(crew, 4), [200, 200, 200, 200])
    const { lastError, config } = await describe(crew)
    t.assert.equal(lastError?.message, 'not with me')
    t.assert.deepEqual(Object.keys(config.models), ['chat'])
  })

  await t.test(
    'C21: a worker that cannot go back to the former config is ended, and the next one has it',
    async (t: TestContext) => {
      rewrite(crew, text + CHAT_MODEL.replace('chat:', 'stuck:'))
      await crew.primary.wrote(/"reason":"it cannot go back to the former config: not with me"/)
      await replaced(crew, 1)
      t.assert.deepEqual(await statusesOf(crew, 4), [200, 200, 200, 200])
    },
  )

  await t.test(
    'C21: what is refused is told once and on the ops listener, and a worker that is started then has the config in force',
    async (t: TestContext) => {
      const refused = 'sluice_config_reloads_total{result="refused"}'
      const before = await crew.metric(refused)
      rewrite(crew, `${text}${CHAT_MODEL}modls: {}\n`)
      await crew.primary.wrote(/"reason":"sluice\.yaml:4:1 unknown key/)
      t.assert.match(String((await describe(crew)).lastError?.message), /unknown key "modls"/)
      t.assert.equal(await crew.metric(refused), before + 1)
      process.kill(linesOf(crew.primary, 'listening').at(-1)?.pid as number, 'SIGKILL')
      await replaced(crew, 2)
      t.assert.deepEqual(await statusesOf(crew, 4), [200, 200, 200, 200])
    },
  )

  await t.test('a primary that is killed leaves no worker behind', async (t: TestContext) => {
    crew.primary.kill('SIGKILL')
    // Settles when nobody holds the standard output any more, the workers neither.
    t.assert.equal(await crew.primary.exit, 'SIGKILL')
    await t.assert.rejects(fetch(crew.url))
  })
})

test('a worker that cannot start ends the gateway with its error, in one line', async (t: TestContext) => {
  const files = { 'sluice.yaml': `${SIM}plugins: [ ./bad.js ]\n`, 'bad.js': "throw new Error('no such table')\n" }
  const started = startProcess(t, [], { files, environment: { WORKERS: '2' } })
  t.assert.equal(await started.exit, 1)
  t.assert.match(started.stderr, /^sluice: plugin \S+bad\.js: no such table\n$/)
  t.assert.doesNotMatch(started.stdout, /is ready/)
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

test('workers with a plugin that does harm: first by its metrics, then at the start', async (t: TestContext) => {
  const crew = await startCrew(t, `${SIM}plugins: [ ./bad.js ]\n`, { files: { 'bad.js': BAD_METRICS } })

  await t.test(
    "a plugin's metrics that cannot be read or added up do not keep a worker that ends from being replaced",
    async () => {
      await crew.ops('/metrics')
      for (const [index, pid] of crew.pids.entries()) {
        process.kill(pid, 'SIGKILL')
        await replaced(crew, index + 1)
      }
    },
  )

  await t.test('a gateway whose last worker cannot be started again ends with code 1', async (t: TestContext) => {
    const [one, other] = linesOf(crew.primary, 'listening')
      .slice(-2)
      .map(({ pid }) => pid) as [number, number]
    writeFileSync(join(crew.primary.directory, 'bad.js'), "throw new Error('no such table')\n")
    process.kill(one, 'SIGKILL')
    // Its second short life, and its third.
    await crew.primary.wrote(/"reason":"plugin [^"]*no such table","pauseMs":400/)
    t.assert.deepEqual(await statusesOf(crew, 1), [404])
    process.kill(other, 'SIGKILL')
    t.assert.equal(await crew.primary.exit, 1)
    t.assert.match(crew.primary.stdout, /no worker is left/)
  })
})
