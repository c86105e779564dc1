import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { suite, test } from 'node:test'
import { judge } from '../../../bench/soak/bars.ts'
import type { Census } from '../../../bench/soak/census.ts'
import { CONCURRENCY, gatewayConfig } from '../../../bench/soak/gateway-config.ts'
import { planFor, QUICK } from '../../../bench/soak/plan.ts'
import { page, picture, type Report } from '../../../bench/soak/report.ts'
import type { Run } from '../../../bench/soak/run.ts'
import { openOf } from '../../../bench/soak/sockets.ts'
import { loadText } from '../../load-text.ts'
import { assertWellFormed } from '../well-formed.ts'

const FULL = planFor(undefined)

const CENSUS: Census = {
  heap: 40e6,
  resident: 200,
  descriptors: 28,
  fromClients: 0,
  toVendors: 0,
  timers: 0,
  resources: 6,
  listeners: 27,
  warnings: 0,
  inflight: 0,
  queued: 0,
  breakers: 2,
  series: 800,
  limitKeys: 0,
}

/** A run that left nothing behind, but for what is given. */
function aRun(end: Partial<Census> = {}, others: Partial<Run> = {}): Run {
  return {
    start: CENSUS,
    end: { ...CENSUS, ...end },
    samples: [{ at: 5, resident: 200 }],
    heaps: [[5, 40]],
    tally: { ok: 900, left: 100 },
    redisAway: [[270, 280]],
    reloads: { applied: 2, asked: 2 },
    bursts: [{ ok: CONCURRENCY }, { ok: CONCURRENCY }],
    ...others,
  }
}

function missed(run: Run, plan = FULL): string[] {
  return judge(run, plan).flatMap(({ promise, holds }) => (holds === false ? [promise] : []))
}

suite('bars of the soak', () => {
  test('all hold where all is as it was', () => {
    assert.deepEqual(missed(aRun()), [])
    assert.ok(judge(aRun(), FULL).every(({ holds }) => holds === true))
  })

  test('each thing that is left behind misses one', () => {
    const left: Partial<Census>[] = [
      { heap: 42.1e6 },
      { fromClients: 1 },
      { inflight: 1 },
      { queued: 1 },
      { limitKeys: 1 },
      { warnings: 1 },
      { toVendors: 1 },
      { descriptors: 29 },
      { timers: 1 },
      { resources: 7 },
      { listeners: 28 },
      { breakers: 3 },
    ]
    for (const end of left) assert.equal(missed(aRun(end)).length, 1, JSON.stringify(end))
    assert.equal(missed(aRun({}, { bursts: [{ ok: CONCURRENCY - 1, 'status 429': 1 }] })).length, 1)
    assert.equal(missed(aRun({}, { reloads: { applied: 1, asked: 2 } })).length, 1)
  })

  test('living heap may differ by a twentieth or by 2 MB, and is not judged after a short run', () => {
    assert.deepEqual(missed(aRun({ heap: 41.9e6 })), [])
    assert.deepEqual(missed(aRun({ heap: 30e6 })), [])
    assert.deepEqual(missed(aRun({ heap: 60e6 }), QUICK), [])
  })
})

test('docs/soak.md says of each bar whether it holds, and shows its picture', () => {
  const run = aRun({ heap: 50e6 })
  const report: Report = {
    date: '2030-01-31',
    node: 'v24.0.0',
    machine: '2 x CPU',
    loadBefore: 0.1,
    plan: FULL,
    run,
    bars: judge(run, FULL),
  }
  const text = page(report)
  assert.match(text, /living heap within .* NO \|/)
  assert.match(text, /no connections of clients .* yes \|/)
  assert.ok(text.includes('(soak/memory.svg)'))
  assertWellFormed(picture(report))
})

test('the gateway accepts every version of the configuration', async () => {
  const setting = { port: 1, opsPort: 2, redis: 'redis://127.0.0.1:3', vendors: 'http://127.0.0.1:4' }
  const texts = [0, 1].map(version => gatewayConfig(setting, version))
  for (const text of texts) await loadText(text, {})
  assert.notEqual(texts[0], texts[1])
})

test('connections of clients and to vendors are told apart by their ports, and listening is neither', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const count = () => {
    const { fromClients, toVendors } = openOf(process.pid, port, port)
    return { fromClients, toVendors }
  }
  assert.deepEqual(count(), { fromClients: 0, toVendors: 0 })
  const client = connect(port, '127.0.0.1')
  const [accepted] = await once(server, 'connection')
  assert.deepEqual(count(), { fromClients: 1, toVendors: 1 })
  client.destroy()
  accepted.destroy()
  server.close()
})
