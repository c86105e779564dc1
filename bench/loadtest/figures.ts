import { between, quantile } from './histogram.ts'
import type { LocustResults, Moment } from './locust-results.ts'
import type { Program, Sample } from './sampler.ts'
import { slope } from './slope.ts'

/** CPU is given as a share of two cores. */
const CORES = 2

/** What is judged. Errors are counted over the whole run, all else while all users were there. */
export interface Figures {
  /** How long all users were there. */
  readonly seconds: number
  readonly errorRate: number
  readonly requestsPerSecond: number
  /** Mean share of two cores. */
  readonly cpu: Readonly<Record<Program, number>>
  /** Share of two cores that the gateway used in its busiest second. */
  readonly busiest: number
  /** The gateway's memory at the beginning and at the end, MiB, and the slope of the line through all samples, MB a minute. */
  readonly memory: { readonly first: number; readonly last: number; readonly growth: number }
  /**
   * The least that the heap's old generation held, MiB, in the first and in the second half: what lives, as a collection is
   * followed by it at once.
   */
  readonly living: readonly [first: number, second: number]
  /** The gateway's own share of the time to the first byte: what 99 % of the calls kept, ms. */
  readonly overhead: number
}

/** Throws when the users were never all there, or not long enough for two samples. */
export function figuresOf({ moments, all }: LocustResults, samples: readonly Sample[], users: number): Figures {
  const held = momentsHeld(moments, users)
  const [from = Number.NaN, to = Number.NaN] = [held[0]?.at, held.at(-1)?.at]
  const taken = samples.filter(({ at }) => at >= from && at <= to)
  const [first, last] = [taken[0], taken.at(-1)]
  if (first === undefined || last === undefined || first === last) throw new Error(`there were never ${users} users`)
  const mean = (program: Program): number => cpuShare(first, last, program)
  const seconds = taken.slice(1).map((later, index) => cpuShare(taken[index] ?? first, later, 'gateway'))
  return {
    seconds: last.at - first.at,
    errorRate: all.failures / all.requests,
    requestsPerSecond: meanRate(held),
    cpu: { gateway: mean('gateway'), simulator: mean('simulator'), locust: mean('locust') },
    busiest: Math.max(...seconds),
    memory: { first: first.memory, last: last.memory, growth: memoryGrowth(taken) },
    living: [leastOld(taken.slice(0, taken.length / 2)), leastOld(taken.slice(taken.length / 2))],
    overhead: (quantile(between(first.overhead, last.overhead), 0.99) ?? Number.NaN) * 1000,
  }
}

/** When all users were there. */
export function momentsHeld(moments: readonly Moment[], users: number): Moment[] {
  return moments.filter(moment => moment.users >= users)
}

/** Share of two cores that a program used from one sample to another. */
export function cpuShare(earlier: Sample, later: Sample, program: Program): number {
  return (later.cpu[program] - earlier.cpu[program]) / (later.at - earlier.at) / CORES
}

function meanRate(held: readonly Moment[]): number {
  return held.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0) / held.length
}

function leastOld(samples: readonly Sample[]): number {
  return Math.min(...samples.map(({ old }) => old))
}

function memoryGrowth(samples: readonly Sample[]): number {
  const megabytes = (mebibytes: number): number => (mebibytes * 2 ** 20) / 1e6
  return slope(samples.map(({ at, memory }) => [at / 60, megabytes(memory)]))
}
