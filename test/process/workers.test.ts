import { type TestContext, test } from 'node:test'
import { chunk, completion, ROLE } from '../journey/frames.ts'
import { decode } from '../profile/decode.ts'
import { startUpstream, stream, whole } from '../upstream.ts'
import { linesOf, startCrew, statusesOf } from './workers.ts'

const FAST = 'providers: { sim: { sim: { latency: 0ms, jitter: 0ms, tokensPerSecond: 100000 } } }'
const CHAT_MODEL = 'models: { chat: { targets: [ { provider: sim, model: echo } ] } }'
const KEY = { 'x-api-key': 'key-of-the-caller-1' }

function withLimits(limits: string): string {
  return `${FAST}\n${CHAT_MODEL}\nkeys: [ { name: caller, key: ${KEY['x-api-key']}, limits: ${limits} } ]\n`
}

test('two workers answer on one port in turn, and their metrics are shown as one sum', async (t: TestContext) => {
  const crew = await startCrew(t, `${FAST}\n${CHAT_MODEL}\n`)
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
})

test("a caller's limits hold over all workers together", async (t: TestContext) => {
  const crew = await startCrew(t, withLimits('{ requestsPerMinute: 1, burst: 6 }'), { headers: KEY })
  const statuses = await statusesOf(crew, 12)
  t.assert.equal(statuses.filter(status => status === 200).length, 6)
  t.assert.equal(statuses.filter(status => status === 429).length, 6)
})

test("a caller's slots are divided among the workers, and each has one at least", async (t: TestContext) => {
  const upstream = await startUpstream(stream([ROLE, chunk({ content: 'one' }), new Promise<void>(() => {})]))
  t.after(() => upstream.close())
  for (const [concurrency, most] of [
    [4, 4],
    [1, 2],
  ]) {
    const crew = await startCrew(
      t,
      `providers: { a: { type: openai-compatible, baseUrl: "${upstream.url}" } }
listen: { drain: 1ms }
keys: [ { name: caller, key: ${KEY['x-api-key']}, limits: { concurrency: ${concurrency} } } ]\n`,
      { headers: KEY },
    )
    const heads = []
    for (let index = 0; index < 6; index += 1) heads.push(await crew.call({ model: 'a/m', stream: true }).head())
    t.assert.equal(heads.filter(({ status }) => status === 200).length, most)
  }
})

test("a provider's limit is divided among the workers", async (t: TestContext) => {
  const upstream = await startUpstream(whole(completion()))
  t.after(() => upstream.close())
  const limits = '{ requestsPerMinute: 1, burst: 4 }'
  const crew = await startCrew(
    t,
    `providers: { a: { type: openai-compatible, baseUrl: "${upstream.url}", limits: ${limits} } }
models: { chat: { targets: [ { provider: a, model: m } ] } }\n`,
  )
  await statusesOf(crew, 10)
  t.assert.equal(upstream.requests.length, 4)
})

test('the ops listener shows the targets of all workers and profiles one of them', async (t: TestContext) => {
  const crew = await startCrew(t, `${FAST}\n${CHAT_MODEL}\n`)
  const { targets } = JSON.parse(await crew.ops('/admin/v1/targets')) as { targets: object[] }
  t.assert.deepEqual(
    targets.map(target => ({ ...target, keys: undefined })),
    [1, 2].map(worker => ({ worker, target: 'sim/echo', healthy: null, keys: undefined })),
  )
  for (const query of ['', '&worker=2']) {
    const response = await fetch(`${crew.opsUrl}/debug/pprof/profile?seconds=0.1${query}`)
    t.assert.equal(response.headers.get('content-disposition'), 'attachment; filename="cpu.pb.gz"')
    t.assert.ok(decode(Buffer.from(await response.arrayBuffer())))
  }
  t.assert.match(await crew.ops('/debug/pprof/heap?worker=3'), /worker must be the number of one that answers: 1, 2\./)
  t.assert.match(await crew.ops('/debug/pprof/profile?seconds=999'), /seconds must be a number from 0\.1 to 60/)
  t.assert.equal((await fetch(`${crew.opsUrl}/worker/metrics`)).status, 404)
})

test("the ops key of the operator guards the ops listener, and no key of the workers' own is shown", async (t: TestContext) => {
  const crew = await startCrew(t, `${FAST}\nops: { key: key-of-the-operators }\n`)
  for (const path of [
    '/metrics',
    '/admin/v1/config',
    '/admin/v1/targets',
    '/debug/pprof/heap',
    '/debug/heapsnapshot',
  ]) {
    t.assert.equal((await fetch(crew.opsUrl + path)).status, 401, path)
  }
  const headers = { authorization: 'Bearer key-of-the-operators' }
  t.assert.match(await (await fetch(`${crew.opsUrl}/metrics`, { headers })).text(), /^sluice_workers 2$/m)
  t.assert.match(await (await fetch(`${crew.opsUrl}/admin/v1/config`, { headers })).text(), /"key":"\*\*\*"/)
})

test("what the primary asks its workers does not go to the environment's proxy, which would see the key", async (t: TestContext) => {
  const proxy = 'http://127.0.0.1:9'
  const crew = await startCrew(t, `${FAST}\n`, { environment: { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy } })
  t.assert.equal(await crew.metric('sluice_workers'), 2)
})
