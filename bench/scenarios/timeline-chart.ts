import type { Outcome } from './client.ts'
import { percentile } from './figures.ts'
import type { Run } from './run.ts'
import { type Script, troublesOf } from './script.ts'
import { horizontal, path, picture, rectangle, text } from './svg.ts'

const WIDTH = 960
const LEFT = 80
const RIGHT = 20
const TOP = 80
/** Heights of an arm's two fields, calls and latency, and the room below them. */
const CALLS = 56
const LATENCY = 44
const BELOW = 22
const PANEL = CALLS + LATENCY + BELOW
const SLICES = 112
const LATENCY_SHARE = 0.95

/** A stretch of a run, by when its calls were due. */
interface Slice {
  readonly answered: number
  readonly failed: number
  /** Latency (ms) of the answered ones; undefined when there are none. */
  readonly latency: number | undefined
}

interface Scales {
  /** Pixels a second, a call and a millisecond. */
  readonly second: number
  readonly call: number
  readonly latency: number
}

/** How the runs went over time, one below the other, all to the same scales; what went wrong when is shaded. */
export function timelineChart(title: string, script: Script, runs: readonly Run[]): string {
  const seconds = script.length / 1000
  const sliced = runs.map(run => ({ arm: run.arm, slices: sliceUp(run.outcomes, script.length) }))
  const all = sliced.flatMap(({ slices }) => slices)
  const scales: Scales = {
    second: (WIDTH - LEFT - RIGHT) / seconds,
    call: CALLS / Math.max(...all.map(({ answered, failed }) => answered + failed)),
    latency: LATENCY / Math.max(...all.map(({ latency = 0 }) => latency), 1),
  }
  const panels = sliced.flatMap(({ arm, slices }, index) => drawPanel(arm, slices, TOP + index * PANEL, scales))
  const bottom = TOP + runs.length * PANEL
  const parts = [
    ...drawLegend(),
    ...drawTroubles(script, bottom - TOP - BELOW, scales),
    ...panels,
    ...drawSeconds(seconds, bottom, scales),
  ]
  return picture(WIDTH, bottom + 10, title, [text('title', 10, 22, title), ...parts])
}

function drawLegend(): string[] {
  const y = 42
  return [
    rectangle('answered', LEFT, y - 10, 12, 12),
    text('small', LEFT + 18, y, 'answered'),
    rectangle('failed', LEFT + 90, y - 10, 12, 12),
    text('small', LEFT + 108, y, 'failed, by when they were due'),
    horizontal('line', LEFT + 290, y - 4, 16),
    text('small', LEFT + 312, y, `latency that ${LATENCY_SHARE * 100} % of the answered ones kept`),
  ]
}

function sliceUp(outcomes: readonly Outcome[], length: number): Slice[] {
  const groups = Map.groupBy(outcomes, ({ at }) => Math.floor((at / length) * SLICES))
  return Array.from({ length: SLICES }, (_, index) => {
    const group = groups.get(index) ?? []
    const answered = group.filter(({ failure }) => failure === undefined)
    const latencies = answered.map(({ latency }) => latency)
    return {
      answered: answered.length,
      failed: group.length - answered.length,
      latency: latencies.length === 0 ? undefined : percentile(latencies, LATENCY_SHARE),
    }
  })
}

function drawTroubles(script: Script, height: number, { second }: Scales): string[] {
  return troublesOf(script).flatMap(({ name, after, for: length }) => {
    const x = LEFT + (after / 1000) * second
    return [rectangle('trouble', x, TOP, (length / 1000) * second, height), text('small', x, TOP - 6, name)]
  })
}

function drawPanel(arm: string, slices: readonly Slice[], top: number, { call, latency }: Scales): string[] {
  const step = (WIDTH - LEFT - RIGHT) / SLICES
  const [floor, base] = [top + CALLS, top + CALLS + LATENCY]
  const columns = slices.flatMap(({ answered, failed }, index) => {
    const x = LEFT + index * step
    const good = rectangle('answered', x, floor - answered * call, step, answered * call)
    return failed === 0
      ? [good]
      : [good, rectangle('failed', x, floor - (answered + failed) * call, step, failed * call)]
  })
  const points = slices.map((slice, index) =>
    slice.latency === undefined ? undefined : ([LEFT + (index + 0.5) * step, base - slice.latency * latency] as const),
  )
  const longest = `${(LATENCY / latency / 1000).toFixed(1)} s`
  return [
    text('end', LEFT - 10, top + CALLS / 2, arm),
    ...columns,
    horizontal('grid', LEFT, floor, WIDTH - LEFT - RIGHT),
    text('small end', LEFT - 10, floor + 12, longest),
    text('small end', LEFT - 10, base, '0'),
    path('line', points),
    horizontal('grid', LEFT, base, WIDTH - LEFT - RIGHT),
  ]
}

function drawSeconds(seconds: number, y: number, { second }: Scales): string[] {
  const apart = seconds > 60 ? 20 : 2
  const marks = Array.from({ length: Math.floor(seconds / apart) + 1 }, (_, index) => index * apart)
  return marks.map(mark => text('small middle', LEFT + mark * second, y - 4, `${mark} s`))
}
