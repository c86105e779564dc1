import { type TestContext, test } from 'node:test'
import { chunk, completion, ROLE } from '../journey/frames.ts'
import { decode } from '../profile/decode.ts'
import { startUpstream, stream, whole } from '../upstream.ts'
import { linesOf, startCrew, statusesOf } from './workers.ts'

const FAST = 'sim: { sim: { latency: 0ms, jitter: 0ms, tokensPerSecond: 100000 } }'
const OPS_KEY = { authorization: 'Bearer key-of-the-operators' }
/** Nobody listens there. */
const PROXY = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://127.0.0.1:9' }

test('two workers and what is shown of them', async (t: TestContext) => {
  const text = `providers: { ${FAST} }
models: { chat: { targets: [ { provider: sim, model: echo } ] } }
ops: { key: key-of-the-operators }\n`
  const crew = await startCrew(t, text, { opsHeaders: OPS_KEY, environment: PROXY })

  await t.test(
    'two workers answer on one port in turn, and their metrics are shown as one sum',
    async (t: TestContext) => {
      t.assert.deepEqual(await statusesOf(crew, 6), Array(6).fill(200))
      t.assert.equal(await crew.metric('api_requests_total{endpoint="/v1/chat/completions",status="200"}'), 6)
      t.assert.equal(await crew.metric('api_latency_seconds_bucket{le="300",endpoint="/v1/chat/completions"}'), 6)
      t.assert.equal(await crew.metric('sluice_workers'), 2)
      await crew.primary.wrote(/(?:"msg":"request"[\s\S]*){6}/)
      const pids = linesOf(crew.primary, 'request').map(({ pid }) => pid)
      t.assert.equal(new Set(pids).size, 2)
      t.assert.equal(pids.filter(pid => pid === pids[0]).length, 3)
      t.assert.equal(crew.primary.stdout.match(/Sluice is ready/g)?.length, 1)
      t.assert.equal(crew.primary.stdout.match(/"workers":2,"msg":"no state\.redis: /g)?.length, 1)
    },
  )

  await t.test(
    "what the primary asks its workers does not go to the environment's proxy, which would see the key",
    async (t: TestContext) => {
      t.assert.equal(await crew.metric('sluice_workers'), 2)
    },
  )

  await t.test('the ops listener shows the targets of all workers and profiles one of them', async (t: TestContext) => {
    const { targets } = JSON.parse(await crew.ops('/admin/v1/targets')) as { targets: object[] }
    t.assert.deepEqual(
      targets.map(target => ({ ...target, keys: undefined })),
      [1, 2].map(worker => ({ worker, target: 'sim/echo', healthy: null, keys: undefined })),
    )
    for (const query of ['', '&worker=2']) {
      const response = await fetch(`${crew.opsUrl}/debug/pprof/profile?seconds=0.1${query}`, { headers: OPS_KEY })
      t.assert.equal(response.headers.get('content-disposition'), 'attachment; filename="cpu.pb.gz"')
      t.assert.ok(decode(Buffer.from(await response.arrayBuffer())))
    }
    t.assert.match(
      await crew.ops('/debug/pprof/heap?worker=3'),
      /worker must be the number of one that answers: 1, 2\./,
    )
    t.assert.match(await crew.ops('/debug/pprof/profile?seconds=999'), /seconds must be a number from 0\.1 to 60/)
    t.assert.equal((await fetch(`${crew.opsUrl}/worker/metrics`, { headers: OPS_KEY })).status, 404)
  })

  await t.test(
    "the ops key of the operator guards the ops listener, and no key of the workers' own is shown",
    async (t: TestContext) => {
      for (const path of [
        '/metrics',
        '/admin/v1/config',
        '/admin/v1/targets',
        '/debug/pprof/heap',
        '/debug/heapsnapshot',
      ]) {
        t.assert.equal((await fetch(crew.opsUrl + path)).status, 401, path)
      }
      t.assert.match(await crew.ops('/metrics'), /^sluice_workers 2$/m)
      t.assert.match(await crew.ops('/admin/v1/config'), /"key":"\*\*\*"/)
    },
  )
})

function keyOf(caller: string): Record<string, string> {
  return { 'x-api-key': `key-of-the-caller-${caller}` }
}

test('limits of two workers', async (t: TestContext) => {
  const endless = [ROLE, chunk({ content: 'one' }), new Promise<void>(() => {})]
  const upstreams = await Promise.all([startUpstream(stream(endless)), startUpstream(whole(completion()))])
  t.after(() => Promise.all(upstreams.map(upstream => upstream.close())))
  const [endlessVendor, limitedVendor] = upstreams
  const text = `providers:
  ${FAST}
  a: { type: openai-compatible, baseUrl: "${endlessVendor.url}" }
  b: { type: openai-compatible, baseUrl: "${limitedVendor.url}", limits: { requestsPerMinute: 1, burst: 4 } }
models: { chat: { targets: [ { provider: sim, model: echo } ] } }
keys:
  - { name: rated, key: key-of-the-caller-rated, limits: { requestsPerMinute: 1, burst: 6 } }
  - { name: four, key: key-of-the-caller-four, limits: { concurrency: 4 } }
  - { name: one, key: key-of-the-caller-one, limits: { concurrency: 1 } }
  - { name: free, key: key-of-the-caller-free }\n`
  const crew = await startCrew(t, text)

  await t.test("a caller's limits hold over all workers together", async (t: TestContext) => {
    const statuses = await statusesOf(crew, 12, keyOf('rated'))
    t.assert.equal(statuses.filter(status => status === 200).length, 6)
    t.assert.equal(statuses.filter(status => status === 429).length, 6)
  })

  await t.test("a caller's slots are divided among the workers, and each has one at least", async (t: TestContext) => {
    for (const [caller, most] of [
      ['four', 4],
      ['one', 2],
    ] as const) {
      const heads = []
      for (let index = 0; index < 6; index += 1)
        heads.push(await crew.call({ model: 'a/m', stream: true }, keyOf(caller)).head())
      t.assert.equal(heads.filter(({ status }) => status === 200).length, most)
    }
  })

  await t.test("a provider's limit is divided among the workers", async (t: TestContext) => {
    for (let index = 0; index < 10; index += 1) await crew.call({ model: 'b/m' }, keyOf('free')).over()
    t.assert.equal(limitedVendor.requests.length, 4)
  })
})
