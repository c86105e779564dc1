import { table } from '../report.ts'
import type { Figures } from './figures.ts'
import type { Idle } from './idle.ts'

/** What was promised, what was measured, and whether the one holds for the other. */
export interface Bar {
  readonly promise: string
  readonly measured: string
  /** `undefined` where it could not be measured, as when an arm was absent. */
  readonly holds: boolean | undefined
}

const MAX_ERROR_RATE = 0.0005
/** The first to meet an outage are told by the vendor's failure; the gateway cannot know before them. */
const MIN_TOLD = 0.9
const MAX_P99_OF_DIRECT = 0.8
const MAX_MEAN_OF_DIRECT = 0.78
const MAX_UPSTREAM_RATIO = 1.2
const MAX_ADDED = 1

export function judge(figures: readonly Figures[], idle: Idle): Bar[] {
  const find = (arm: string, vendors: 1 | 2): Figures | undefined =>
    figures.find(one => one.arm === arm && one.vendors === vendors)
  return [
    ...([2, 1] as const).flatMap(vendors => {
      const on = vendors === 1 ? 'one vendor' : 'two vendors'
      const [sluice, direct, queue] = ['sluice', 'direct', 'queue'].map(arm => find(arm, vendors))
      return sluice === undefined ? [] : [...judgeErrors(on, sluice), ...judgeRun(on, sluice, direct, queue)]
    }),
    judgeMean(find('sluice', 2), find('direct', 1)),
    atMost(`idle: a call through Sluice takes at most ${MAX_ADDED} ms more (p50)`, idle.added, MAX_ADDED, 'ms'),
  ]
}

function judgeErrors(on: string, sluice: Figures): Bar[] {
  const always = sluice.callsWhileUp === sluice.calls
  const when = always ? '' : ', of the calls that came while the vendor was up'
  const rate = sluice.errorRateWhileUp
  const errors: Bar = {
    promise: `${on}: at most ${percent(MAX_ERROR_RATE)} errors${when}`,
    measured: percent(rate),
    holds: rate <= MAX_ERROR_RATE,
  }
  if (always) return [errors]
  const told = 1 - sluice.leftInTheDark / (sluice.calls - sluice.callsWhileUp)
  const promise = `${on}: of those that came while it was down, ${percent(MIN_TOLD)} are answered or told when to come back`
  return [errors, { promise, measured: percent(told), holds: told >= MIN_TOLD }]
}

function judgeRun(on: string, sluice: Figures, direct: Figures | undefined, queue: Figures | undefined): Bar[] {
  return [
    ratio(
      `${on}: p99 at most ${MAX_P99_OF_DIRECT} times that of direct calls`,
      sluice.p99,
      direct?.p99,
      MAX_P99_OF_DIRECT,
    ),
    ratio(`${on}: p99 below that of the queue`, sluice.p99, queue?.p99, 1),
    atMost(
      `${on}: at most ${MAX_UPSTREAM_RATIO} calls to vendors for each call`,
      sluice.upstreamRatio,
      MAX_UPSTREAM_RATIO,
    ),
  ]
}

function judgeMean(sluice: Figures | undefined, direct: Figures | undefined): Bar {
  const saved = Math.round((1 - MAX_MEAN_OF_DIRECT) * 100)
  const promise = `mean latency on two vendors at least ${saved} % below direct calls to one`
  return ratio(promise, sluice?.mean ?? Number.NaN, direct?.mean, MAX_MEAN_OF_DIRECT)
}

function ratio(promise: string, value: number, reference: number | undefined, most: number): Bar {
  if (reference === undefined) return { promise, measured: 'not measured', holds: undefined }
  const measured = `${value.toFixed(0)} ms, ${(value / reference).toFixed(2)} times ${reference.toFixed(0)} ms`
  return { promise, measured, holds: value <= reference * most }
}

function atMost(promise: string, value: number, most: number, unit = ''): Bar {
  return { promise, measured: `${value.toFixed(2)} ${unit}`.trim(), holds: value <= most }
}

/** The bars and their verdicts, as Markdown. */
export function barsTable(bars: readonly Bar[]): string {
  const words = (holds: boolean | undefined): string => (holds === undefined ? 'not measured' : holds ? 'yes' : 'NO')
  return table(
    ['Bar', 'measured', 'holds'],
    bars.map(({ promise, measured, holds }) => [promise, measured, words(holds)]),
  )
}

/** A share in percent, with as many digits as the small ones need. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.01 ? 3 : 1)} %`
}
