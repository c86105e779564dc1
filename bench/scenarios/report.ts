import { table } from '../report.ts'
import { type BarGroup, barChart } from './bar-chart.ts'
import { type Bar, barsTable, percent } from './bars.ts'
import { FAILURES } from './caller.ts'
import type { Ideal } from './capacity.ts'
import type { Figures } from './figures.ts'
import type { Idle } from './idle.ts'
import type { Run } from './run.ts'
import type { Script } from './script.ts'
import { timelineChart } from './timeline-chart.ts'

export interface Report {
  readonly date: string
  readonly node: string
  readonly machine: string
  /** Load average of the machine in the minute before. */
  readonly loadBefore: number
  readonly script: Script
  /** What an arm that knows everything would lose, on one vendor and on two. */
  readonly ideals: readonly [Ideal, Ideal]
  readonly runs: readonly Run[]
  readonly figures: readonly Figures[]
  /** Arms that could not run here, and why. */
  readonly absent: readonly string[]
  /** Share of the machine's CPU time that was used, on one vendor and on two. */
  readonly busy: readonly number[]
  readonly idle: Idle
  readonly bars: readonly Bar[]
}

/** The tables, as Markdown that can also be read on a terminal. */
export function tables({ figures, absent, busy, idle, bars }: Report): string {
  const busyLine = `CPU of the machine in use meanwhile: ${busy.map(percent).join(' (one vendor), ')} (two vendors).`
  const idleLine = `Idle, p50: ${idle.direct.toFixed(2)} ms direct, ${idle.sluice.toFixed(2)} ms through Sluice.`
  return [figuresTable(figures), failuresTable(figures), ...absent, busyLine, idleLine, barsTable(bars)].join('\n\n')
}

/** The pictures, by file name. */
export function pictures({ script, runs, figures }: Report): Record<string, string> {
  const series = ['one vendor', 'two vendors']
  const groups = (value: (one: Figures) => number): BarGroup[] =>
    [...Map.groupBy(figures, ({ arm }) => arm)].map(([name, ones]) => ({
      name,
      values: [1, 2].map(count => ones.filter(({ vendors }) => vendors === count).map(value)[0]),
    }))
  const timeline = (count: 1 | 2): string => {
    const title = `Calls and latency over time: ${series[count - 1]}`
    return timelineChart(
      title,
      script,
      runs.filter(({ vendors }) => vendors === count),
    )
  }
  return {
    'error-rate.svg': barChart(
      'Calls that failed',
      series,
      groups(({ errorRate }) => errorRate),
      percent,
    ),
    'p99.svg': barChart(
      'Latency that 99 % of the answered calls kept',
      series,
      groups(({ p99 }) => p99),
      milliseconds,
    ),
    'timeline-one.svg': timeline(1),
    'timeline-two.svg': timeline(2),
  }
}

function figuresTable(figures: readonly Figures[]): string {
  const head = ['Arm', 'vendors', 'errors', 'p50 ms', 'p99 ms', 'mean ms', 'answered/s', 'calls to vendors']
  const costs = ['CPU s between', 'CPU s clients', 'peak MiB between']
  const lines = figures.map(one => [
    one.arm,
    String(one.vendors),
    percent(one.errorRate),
    one.p50.toFixed(0),
    one.p99.toFixed(0),
    one.mean.toFixed(0),
    one.throughput.toFixed(1),
    `${one.upstreamRatio.toFixed(3)}x`,
    one.cpu.toFixed(1),
    one.clientCpu.toFixed(1),
    one.memory.toFixed(0),
  ])
  return table([...head, ...costs], lines)
}

function failuresTable(figures: readonly Figures[]): string {
  const lines = figures.map(one => [
    one.arm,
    String(one.vendors),
    ...FAILURES.map(kind => String(one.failures[kind])),
    percent(one.errorRateWhileUp),
  ])
  return table(['Failures of', 'vendors', ...FAILURES, 'errors while a vendor was up'], lines)
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`
}
