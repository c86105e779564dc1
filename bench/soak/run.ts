import { renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, ready, residentMemory, START_LIMIT } from '../processes.ts'
import { type Child, startChild } from '../scenarios/child.ts'
import { type Census, type Counted, readSeries, takeCensus } from './census.ts'
import { CONCURRENCY, DIRECT, type GatewaySetting, gatewayConfig } from './gateway-config.ts'
import type { Plan } from './plan.ts'
import type { Inside } from './probe.ts'
import { type OwnRedis, startRedis } from './redis.ts'
import type { Burst, Load, Tally } from './users.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const here = (script: string): string => join(import.meta.dirname, script)

/** Share of the calls to the vendors that go wrong. */
export const FAULTS = 0.2

/** Of the configuration, by turns; at the start and at the end the first is in force. */
const VERSIONS = 2
/** Single calls that close a breaker which the load left open; it takes two. */
const PROBES = 3

/** The gateway's memory under load, MiB: what it holds resident. */
export interface Sample {
  /** Seconds since the load began. */
  readonly at: number
  readonly resident: number
}

export interface Run {
  readonly start: Census
  readonly end: Census
  readonly samples: readonly Sample[]
  /** What lives on its heap under load, after a garbage collection, MiB by seconds since the load began. */
  readonly heaps: readonly (readonly [second: number, heap: number])[]
  /** How the calls of the soak itself ended. */
  readonly tally: Tally
  /** Seconds since the load began. */
  readonly redisAway: readonly (readonly [from: number, to: number])[]
  /** `sluice_config_reloads_total` of the whole run, and how many there should have been. */
  readonly reloads: { readonly applied: number; readonly asked: number }
  /** How calls ended of which there were as many at once as the caller and each vendor may have. */
  readonly bursts: readonly Tally[]
}

interface Stage {
  readonly plan: Plan
  readonly counted: Counted
  readonly vendors: Child
  readonly users: Child
  readonly redis: OwnRedis
  readonly url: string
  /** Saves the next version of the configuration, as editors do. */
  reload(): void
  versions(): number
}

/** Warms up, counts, loads, and counts again. `temporary` holds the configuration. */
export async function run(plan: Plan, temporary: string): Promise<Run> {
  await using programs = new AsyncDisposableStack()
  const stage = await setUp(plan, temporary, programs)
  const load: Load = { gateway: stage.url, users: plan.users, think: plan.think }
  await stage.vendors.ask('setFaults', FAULTS)

  await stage.users.ask('start', load)
  await sleep(plan.warmUp * 500)
  // Both versions of the configuration have been in force before anything counts.
  stage.reload()
  await sleep(plan.warmUp * 500)
  stage.reload()
  await stage.users.ask('stop')
  await sleep(plan.settle * 1000)
  const start = await takeCensus(stage.counted)

  await stage.users.ask('start', load)
  const disturbed = await disturb(stage)
  const tally = await stage.users.ask<Tally>('stop')
  if (stage.versions() % VERSIONS === 1) stage.reload()
  await sleep(plan.settle * 1000)
  const end = await takeCensus(stage.counted)
  return { start, end, ...disturbed, tally, reloads: await countReloads(stage), bursts: await burst(stage) }
}

async function setUp(plan: Plan, temporary: string, programs: AsyncDisposableStack): Promise<Stage> {
  const redis = programs.use(await startRedis())
  const vendors = programs.use(startChild(here('vendors.ts')))
  const users = programs.use(startChild(here('users.ts')))
  const setting: GatewaySetting = {
    port: await freePort(),
    opsPort: await freePort(),
    redis: redis.url,
    vendors: await vendors.ask<string>('open'),
  }
  const file = join(temporary, 'sluice.yaml')
  let version = 0
  const save = (): void => {
    writeFileSync(`${file}.new`, gatewayConfig(setting, version))
    renameSync(`${file}.new`, file)
  }
  save()
  const gateway = programs.use(
    startChild(join(ROOT, 'src/server.ts'), {
      args: ['--config', file],
      nodeOptions: ['--expose-gc', '--import', here('probe.ts')],
      environment: { PATH: process.env.PATH, TMPDIR: temporary },
    }),
  )
  const url = `http://127.0.0.1:${setting.port}`
  await ready(url, performance.now() + START_LIMIT)
  const ports = { gateway: setting.port, ops: setting.opsPort, vendors: Number(new URL(setting.vendors).port) }
  return {
    plan,
    counted: { gateway, ports, redis: redis.url },
    vendors,
    users,
    redis,
    url,
    reload() {
      version += 1
      save()
    },
    versions: () => version,
  }
}

/** For the length of the plan: reloads, kills Redis, and samples. */
async function disturb({ plan, counted, redis, reload }: Stage): Promise<Pick<Run, 'samples' | 'heaps' | 'redisAway'>> {
  const began = performance.now()
  const elapsed = (): number => (performance.now() - began) / 1000
  const samples: Sample[] = []
  const heaps: [number, number][] = []
  const redisAway = plan.kills.map(share => [share * plan.length, share * plan.length + plan.redisAway] as const)
  const due = [
    ...redisAway.flatMap(([from, to]) => [
      { at: from, act: () => redis.kill() },
      { at: to, act: () => redis.start() },
    ]),
    ...every(plan.reloadEvery, plan.length, reload),
    ...every(plan.sampleEvery, plan.length, () => {
      samples.push({ at: elapsed(), resident: residentMemory(counted.gateway.pid) })
    }),
    ...every(plan.collectEvery, plan.length, async () => {
      heaps.push([elapsed(), (await counted.gateway.ask<Inside>('look')).heap / 2 ** 20])
    }),
  ].toSorted((one, other) => one.at - other.at)
  for (const { at, act } of due) {
    const wait = at - elapsed()
    if (wait > 0) await sleep(wait * 1000)
    await act()
  }
  return { samples, heaps, redisAway }
}

type Act = () => void | Promise<void>

function every(seconds: number, length: number, act: Act): { at: number; act: Act }[] {
  return Array.from({ length: Math.floor(length / seconds) }, (_, index) => ({ at: (index + 1) * seconds, act }))
}

async function countReloads({ counted, versions }: Stage): Promise<Run['reloads']> {
  const series = await readSeries(counted.ports.ops)
  const applied = series.find(({ name, labels }) => name === 'sluice_config_reloads_total' && /"applied"/.test(labels))
  return { applied: applied?.value ?? 0, asked: versions() }
}

/** What is counted nowhere: the slots that the gateway itself gives away. One that was never returned refuses a call now. */
async function burst({ vendors, users, url }: Stage): Promise<Tally[]> {
  await vendors.ask('setFaults', 0)
  const tallies: Tally[] = []
  for (const model of DIRECT) {
    // Half open, it would let one of the many through.
    for (let probe = 0; probe < PROBES; probe += 1)
      await users.ask('burst', { gateway: url, model, calls: 1 } satisfies Burst)
    tallies.push(await users.ask<Tally>('burst', { gateway: url, model, calls: CONCURRENCY } satisfies Burst))
  }
  return tallies
}
