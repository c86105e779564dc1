import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Arm, Started } from './arms/arm.ts'
import { type Child, sharedNow, startChild, type Usage, usageOf } from './child.ts'
import type { Outcome } from './client.ts'
import { type Script, vendorOptions } from './script.ts'

const CLIENT = join(import.meta.dirname, 'client.ts')
const VENDORS = join(import.meta.dirname, 'vendors.ts')

/** ms from the last preparation to the first start. */
const LEAD = 200

/** One arm on one or two vendors, and what came of it. */
export interface Run {
  readonly arm: string
  readonly vendors: 1 | 2
  readonly outcomes: readonly Outcome[]
  /** Calls that the vendors saw. */
  readonly upstreamCalls: number
  readonly clients: Usage
  /** Of what stands between clients and vendors. */
  readonly between: Usage
}

export interface Runs {
  readonly runs: readonly Run[]
  /** Share of the machine's CPU time that was used meanwhile, by whomever. */
  readonly busy: number
}

interface Prepared extends Started {
  readonly arm: Arm
  readonly vendors: Child
  readonly clients: Child
}

/**
 * Runs the arms side by side, each with clients and vendors of its own. They start one after the other, so that the bursts of
 * one fall between those of the others.
 */
export async function runArms(script: Script, count: 1 | 2, arms: readonly Arm[], temporary: string): Promise<Runs> {
  await using programs = new AsyncDisposableStack()
  const prepared = await allOf(arms.map(arm => prepare(arm, script, count, temporary, programs)))
  const stagger = (script.bursts.every ?? 0) / arms.length
  const startsAt = sharedNow() + LEAD
  const before = cpuTimes()
  const runs = await Promise.all(prepared.map((one, index) => runArm(one, count, startsAt + index * stagger)))
  const after = cpuTimes()
  return { runs, busy: (after.used - before.used) / (after.all - before.all) }
}

/** Like Promise.all, but waits for the others after a failure: what they start meanwhile must be stopped too. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}

async function prepare(
  arm: Arm,
  script: Script,
  count: 1 | 2,
  temporary: string,
  programs: AsyncDisposableStack,
): Promise<Prepared> {
  const [vendors, clients] = [programs.use(startChild(VENDORS)), programs.use(startChild(CLIENT))]
  const urls = await vendors.ask<[string, ...string[]]>('open', vendorOptions(script, count))
  const started = await arm.start({ script, vendors: urls, temporary, programs })
  await clients.ask('open', { script, settings: started.client })
  return { ...started, arm, vendors, clients }
}

async function runArm({ arm, pids, vendors, clients }: Prepared, count: 1 | 2, startsAt: number): Promise<Run> {
  await vendors.ask('start', startsAt)
  const [clientsBefore, betweenBefore] = [usageOf([clients.pid]), usageOf(pids)]
  const outcomes = await clients.ask<Outcome[]>('run', startsAt)
  return {
    arm: arm.name,
    vendors: count,
    outcomes,
    upstreamCalls: await vendors.ask<number>('calls'),
    clients: since(clientsBefore, usageOf([clients.pid])),
    between: since(betweenBefore, usageOf(pids)),
  }
}

function since(before: Usage, after: Usage): Usage {
  return { cpu: after.cpu - before.cpu, memory: after.memory }
}

function cpuTimes(): { used: number; all: number } {
  const times = cpus().map(({ times: { user, nice, sys, irq, idle } }) => ({ used: user + nice + sys + irq, idle }))
  const used = times.reduce((sum, time) => sum + time.used, 0)
  return { used, all: times.reduce((sum, time) => sum + time.idle, used) }
}
