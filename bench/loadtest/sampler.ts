import { setTimeout as sleep } from 'node:timers/promises'
import { cpuTime, residentMemory } from '../processes.ts'
import { type Histogram, readHistogram } from './histogram.ts'

const INTERVAL = 1000

export const PROGRAMS = ['gateway', 'simulator', 'locust'] as const
export type Program = (typeof PROGRAMS)[number]

/** What the programs had used at a moment. */
export interface Sample {
  /** Seconds since 1970. */
  readonly at: number
  /** CPU time since their start, s. */
  readonly cpu: Readonly<Record<Program, number>>
  /** Memory that the gateway holds resident, MiB. */
  readonly memory: number
  /** Of its heap, what the old generation holds, garbage among it, MiB. */
  readonly old: number
  /** The gateway's own share of each answer's time, s. */
  readonly overhead: Histogram
}

export interface Sampled {
  readonly pids: Readonly<Record<Program, number>>
  /** Where the gateway's ops listener is. */
  readonly ops: string
}

/** Samples every second until `until` settles. Throws when the gateway cannot be asked. */
export async function sample(sampled: Sampled, until: Promise<unknown>): Promise<Sample[]> {
  const samples: Sample[] = []
  const ended = until.then(
    () => true,
    () => true,
  )
  while (!(await Promise.race([ended, sleep(INTERVAL, false)]))) samples.push(await takeSample(sampled))
  return samples
}

async function takeSample({ pids, ops }: Sampled): Promise<Sample> {
  // Before anything is awaited: Locust may end meanwhile, and nothing is known of a process that is gone.
  const used = readProcesses(pids)
  const response = await fetch(`${ops}/metrics`)
  const text = await response.text()
  return { ...used, old: readOldSpace(text), overhead: readHistogram(text, 'sluice_overhead_seconds') }
}

/** From the text of /metrics; NaN when it is not there. */
function readOldSpace(text: string): number {
  return Number(/^nodejs_heap_space_size_used_bytes\{space="old"\} (\S+)/m.exec(text)?.[1]) / 2 ** 20
}

function readProcesses({ gateway, simulator, locust }: Sampled['pids']): Omit<Sample, 'old' | 'overhead'> {
  const seconds = (pid: number): number => cpuTime(pid) / 1e6
  return {
    at: Date.now() / 1000,
    cpu: { gateway: seconds(gateway), simulator: seconds(simulator), locust: seconds(locust) },
    memory: residentMemory(gateway),
  }
}
