import { cpuShare, momentsHeld } from './figures.ts'
import { between, quantile } from './histogram.ts'
import { type Line, lineChart } from './line-chart.ts'
import type { Moment } from './locust-results.ts'
import type { Run } from './run.ts'
import { PROGRAMS, type Program, type Sample } from './sampler.ts'

/** Samples over which the overhead's percentile is taken: a second holds too few calls for one. */
const WINDOW = 10

/** The pictures, by file name. */
export function pictures({ results: { moments }, samples }: Run, users: number): Record<string, string> {
  const begin = moments[0]?.at ?? 0
  const all = momentsHeld(moments, users)
  const held = [(all[0]?.at ?? begin) - begin, (all.at(-1)?.at ?? begin) - begin] as const
  const line = (name: string, value: (moment: Moment) => number | undefined): Line => ({
    name,
    points: moments.map(moment => [moment.at - begin, value(moment)]),
  })
  const chart = (title: string, format: (value: number) => string, ...lines: Line[]): string =>
    lineChart({ title, lines, held, format })
  return {
    'users.svg': chart(
      'Users',
      plain,
      line('users', moment => moment.users),
    ),
    'throughput.svg': chart(
      'Calls a second',
      plain,
      line('answered or failed', moment => moment.requestsPerSecond),
    ),
    'latency.svg': chart(
      'Time to the whole answer, over the last ten seconds',
      milliseconds,
      line('p50', moment => moment.p50),
      line('p99', moment => moment.p99),
    ),
    'errors.svg': chart(
      'Calls that failed, a second',
      plain,
      line('failed', moment => moment.failuresPerSecond),
    ),
    'cpu.svg': chart(
      'CPU, share of two cores',
      percent,
      cpuLine('gateway', ['gateway'], samples, begin),
      cpuLine('with simulator and users', PROGRAMS, samples, begin),
    ),
    'memory.svg': chart(
      'Memory of the gateway',
      mebibytes,
      { name: 'resident', points: samples.map(({ at, memory }) => [at - begin, memory]) },
      { name: 'old generation of the heap', points: samples.map(({ at, old }) => [at - begin, old]) },
    ),
    'overhead.svg': chart(
      "The gateway's own share of the time to the first byte",
      milliseconds,
      overhead(samples, begin),
    ),
  }
}

/** The CPU share of programs together. */
function cpuLine(name: string, programs: readonly Program[], samples: readonly Sample[], begin: number): Line {
  const share = (earlier: Sample, later: Sample): number =>
    programs.reduce((sum, program) => sum + cpuShare(earlier, later, program), 0)
  return { name, points: pairs(samples, 1, begin, share) }
}

function overhead(samples: readonly Sample[], begin: number): Line {
  const p99 = (earlier: Sample, later: Sample): number | undefined => {
    const seconds = quantile(between(earlier.overhead, later.overhead), 0.99)
    return seconds === undefined ? undefined : seconds * 1000
  }
  return { name: 'p99 over the last ten seconds', points: pairs(samples, WINDOW, begin, p99) }
}

/** Points from samples that are so far apart, each at the time of the later one. */
function pairs(
  samples: readonly Sample[],
  apart: number,
  begin: number,
  value: (earlier: Sample, later: Sample) => number | undefined,
): Line['points'] {
  return samples.slice(apart).map((later, index) => [later.at - begin, value(samples[index] ?? later, later)])
}

/** Without the digits that come from halving numbers in binary. */
function plain(value: number): string {
  return String(Number(value.toPrecision(3)))
}

function milliseconds(value: number): string {
  return `${plain(value)} ms`
}

function mebibytes(value: number): string {
  return `${plain(value)} MiB`
}

function percent(share: number): string {
  return `${plain(share * 100)} %`
}
