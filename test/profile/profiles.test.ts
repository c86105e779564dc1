import { Session } from 'node:inspector/promises'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Gateway, LogLine } from '../helper.ts'
import { setUp } from '../journey/setup.ts'
import { sendRaw } from '../security/raw.ts'
import { readText } from '../source-tree.ts'
import { decode } from './decode.ts'

const PATHS = ['/debug/pprof/heap', '/debug/pprof/profile?seconds=0.1', '/debug/heapsnapshot']

const SPINS = 1e8

const SIMULATED = { providers: { sim: { type: 'sim' } } }

/** A gateway without vendors; its profiles are those of this process. */
async function gatewayOf(t: TestContext, ops: object = {}): Promise<Gateway> {
  const { gateway } = await setUp(t, [], { config: { ...SIMULATED, ops } })
  return gateway
}

async function profileOf(gateway: Gateway, path: string): Promise<ReturnType<typeof decode>> {
  const response = await fetch(gateway.opsUrl + path)
  return decode(await response.arrayBuffer())
}

/** A profile that is being made. */
async function begun(gateway: Gateway, path: string): Promise<{ client: AbortController; pending: Promise<Response> }> {
  const client = new AbortController()
  const pending = fetch(gateway.opsUrl + path, { signal: client.signal })
  while ((await fetch(`${gateway.opsUrl}/debug/pprof/heap`)).status === 200);
  return { client, pending }
}

/** Lines of level error. */
function errorsOf({ logs }: Gateway): readonly LogLine[] {
  return logs.filter(({ level }) => level >= 50)
}

/** Whatever is under way, it is over when this returns. */
async function whenFree(gateway: Gateway): Promise<void> {
  while ((await fetch(`${gateway.opsUrl}/debug/pprof/heap`)).status === 409);
}

async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } }
  return `${response.status} ${error.code}`
}

/** The line, from 1, of a text in this file. */
function lineOf(text: string): number {
  const lines = readText('test/profile/profiles.test.ts').split('\n')
  return lines.findIndex(line => line.includes(text)) + 1
}

/** Some tenths of a second of work. It is not over at a moment that a machine that pauses has let go by. */
function spin(): number {
  let sum = 0
  for (let turn = 0; turn < SPINS; turn += 1) sum += turn % 7 // the loop
  return sum
}

function churn(count: number): number {
  let length = 0
  for (let turn = 0; turn < count; turn++) length += new Array(20_000).fill(turn + 0.5).length
  return length
}

const kept: number[][] = []

function keep(count: number): void {
  for (let turn = 0; turn < count; turn++) kept.push(new Array(20_000).fill(turn + 0.5))
}

test('a CPU profile says how long which function ran, to the TypeScript line', async (t: TestContext) => {
  const gateway = await gatewayOf(t)
  const post = t.mock.method(Session.prototype, 'post')
  const pending = profileOf(gateway, '/debug/pprof/profile?seconds=0.1')
  const isStarted = () => post.mock.calls.some(({ arguments: [method] }) => String(method) === 'Profiler.start')
  while (!isStarted()) await setImmediate()
  const began = performance.now()
  spin()
  const spun = (performance.now() - began) / 1_000
  const profile = await pending
  t.assert.deepEqual(profile.types, ['samples', 'cpu'])
  t.assert.equal(profile.shown, 'cpu')
  const seconds = profile.total('cpu', 'spin') / 1e9
  t.assert.ok(seconds > spun / 2 && seconds < spun * 1.5, `${seconds} s of ${spun} s`)
  const lines = profile.samples.filter(({ stack }) => stack[0]?.name === 'spin').map(({ stack }) => stack[0]?.line)
  t.assert.ok(lines.includes(lineOf('// the loop')), String(lines))
  t.assert.equal(profile.total('samples', '(idle)'), 0)
})

test('a heap profile over some seconds also counts what did not live to its end', async (t: TestContext) => {
  const gateway = await gatewayOf(t)
  const pending = profileOf(gateway, '/debug/pprof/heap?seconds=0.3')
  // Enough in one go, for a busy machine may have no time for a second one.
  const churning = setInterval(() => churn(200), 10)
  const profile = await pending
  clearInterval(churning)
  t.assert.equal(profile.shown, 'alloc_space')
  t.assert.ok(profile.total('alloc_space', 'churn') > 10e6, String(profile.total('alloc_space', 'churn')))
  t.assert.ok(profile.total('alloc_objects', 'churn') > 0)
  t.assert.equal(profile.total('inuse_space', 'churn'), 0)
})

test('a heap profile shows what lives of all since the sampling began, which is at the first of them', async (t: TestContext) => {
  t.after(() => kept.splice(0))
  const gateway = await gatewayOf(t)
  keep(400)
  const first = await profileOf(gateway, '/debug/pprof/heap')
  keep(400)
  churn(100)
  const second = await profileOf(gateway, '/debug/pprof/heap')
  t.assert.deepEqual(second.types, ['alloc_objects', 'alloc_space', 'inuse_objects', 'inuse_space'])
  t.assert.equal(second.shown, 'inuse_space')
  t.assert.equal(first.total('inuse_space', 'keep'), 0)
  t.assert.ok(second.total('inuse_space', 'keep') > 16e6, String(second.total('inuse_space', 'keep')))
  t.assert.ok(second.total('inuse_space', 'keep') < 128e6)
  t.assert.equal(second.total('inuse_space', 'churn'), 0)
})

test('with ops.heapSampling what was allocated before the first heap profile is in it', async (t: TestContext) => {
  t.after(() => kept.splice(0))
  const gateway = await gatewayOf(t, { heapSampling: true })
  keep(400)
  const profile = await profileOf(gateway, '/debug/pprof/heap')
  t.assert.ok(profile.total('inuse_space', 'keep') > 16e6)
})

test('a heap snapshot is a stream of JSON that holds the objects of the process', async (t: TestContext) => {
  const gateway = await gatewayOf(t)
  const response = await fetch(`${gateway.opsUrl}/debug/heapsnapshot`)
  t.assert.equal(response.headers.get('content-disposition'), 'attachment; filename="sluice.heapsnapshot"')
  const { snapshot, strings } = (await response.json()) as { snapshot: { node_count: number }; strings: string[] }
  t.assert.ok(snapshot.node_count > 10_000)
  t.assert.ok(strings.includes('HeapSampler'))
  await whenFree(gateway)
})

test('one profile is made at a time, and the others are told so', async (t: TestContext) => {
  const gateway = await gatewayOf(t)
  const { client, pending } = await begun(gateway, '/debug/pprof/profile?seconds=60')
  for (const path of PATHS) {
    t.assert.equal(await codeOf(await fetch(gateway.opsUrl + path)), '409 SLUICE_PROFILE_BUSY', path)
  }
  client.abort()
  await t.assert.rejects(pending)
  await whenFree(gateway)
})

for (const path of ['/debug/pprof/profile', '/debug/pprof/heap?seconds=60']) {
  test(`a client that leaves ends its profile: ${path}`, async (t: TestContext) => {
    const gateway = await gatewayOf(t)
    const { client, pending } = await begun(gateway, path)
    client.abort()
    await t.assert.rejects(pending)
    await whenFree(gateway)
    t.assert.deepEqual(errorsOf(gateway), [])
  })
}

test('a client that leaves amid a heap snapshot makes room for the next profile, and so does one that asks for its head', async (t: TestContext) => {
  const gateway = await gatewayOf(t)
  const client = new AbortController()
  await fetch(`${gateway.opsUrl}/debug/heapsnapshot`, { signal: client.signal })
  t.assert.equal((await fetch(`${gateway.opsUrl}/debug/pprof/heap`)).status, 409)
  client.abort()
  await whenFree(gateway)
  await fetch(`${gateway.opsUrl}/debug/heapsnapshot`, { method: 'HEAD' })
  await whenFree(gateway)
})

test('the gateway stops while a heap snapshot is read', async (t: TestContext) => {
  const gateway = await gatewayOf(t)
  await fetch(`${gateway.opsUrl}/debug/heapsnapshot`)
  await gateway.close()
})

test('the gateway stops while a profile is made', async (t: TestContext) => {
  const gateway = await gatewayOf(t)
  const { pending } = await begun(gateway, '/debug/pprof/heap?seconds=60')
  await Promise.all([gateway.close(), t.assert.rejects(pending)])
  t.assert.deepEqual(errorsOf(gateway), [])
})

test('a time that is none, too short or too long is refused', async (t: TestContext) => {
  const gateway = await gatewayOf(t)
  for (const route of ['profile', 'heap']) {
    for (const seconds of ['', '0', '-1', '61', '1e9', 'NaN', 'ten', '1&seconds=2']) {
      const response = await fetch(`${gateway.opsUrl}/debug/pprof/${route}?seconds=${seconds}`)
      t.assert.equal(await codeOf(response), '400 SLUICE_REQUEST_INVALID', `${route} ${seconds}`)
    }
  }
})

test('profiles are guarded like the rest of the ops listener: by its key', async (t: TestContext) => {
  const gateway = await gatewayOf(t, { key: 'key-of-the-operators-1' })
  for (const path of PATHS) {
    t.assert.equal(await codeOf(await fetch(gateway.opsUrl + path)), '401 SLUICE_AUTH_KEY_MISSING', path)
  }
  const headers = { authorization: 'Bearer key-of-the-operators-1' }
  t.assert.equal((await fetch(`${gateway.opsUrl}/debug/pprof/heap`, { headers })).status, 200)
})

test('without a key no web page and no foreign host name reaches a profile', async (t: TestContext) => {
  const gateway = await gatewayOf(t)
  for (const path of PATHS) {
    for (const headers of [['host: evil.test'], ['host: localhost', 'sec-fetch-site: cross-site']]) {
      const { status } = await sendRaw(gateway.opsUrl, [`GET ${path} HTTP/1.1`, ...headers])
      t.assert.equal(status, 403, `${path} ${headers}`)
    }
  }
})
