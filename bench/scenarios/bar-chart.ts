import { picture, rectangle, text } from './svg.ts'

export interface BarGroup {
  readonly name: string
  /** One for each of the chart's series; `undefined` where nothing was measured. */
  readonly values: readonly (number | undefined)[]
}

const WIDTH = 720
const LEFT = 80
/** Room behind the longest bar for its figure. */
const RIGHT = 90
const TOP = 60
const THICKNESS = 16
const GAP = 14
/** A scale for bars that are all of length 0. */
const SMALLEST = 1e-9
const KINDS = ['first', 'second']

/** Bars that lie: a group for each arm, in it one for each series (two at most). `write` puts a value into words. */
export function barChart(
  title: string,
  series: readonly string[],
  groups: readonly BarGroup[],
  write: (value: number) => string,
): string {
  const most = Math.max(...groups.flatMap(({ values }) => values.map(value => value ?? 0)), SMALLEST)
  const pitch = series.length * THICKNESS + GAP
  const bars = groups.flatMap((group, index) =>
    drawGroup(group, TOP + index * pitch, (WIDTH - LEFT - RIGHT) / most, write),
  )
  const heading = [text('title', 10, 22, title), ...drawLegend(series)]
  return picture(WIDTH, TOP + groups.length * pitch, title, [...heading, ...bars])
}

function drawLegend(series: readonly string[]): string[] {
  return series.flatMap((name, index) => {
    const x = LEFT + index * 120
    return [rectangle(KINDS[index] as string, x, 35, 12, 12), text('small', x + 18, 45, name)]
  })
}

function drawGroup({ name, values }: BarGroup, top: number, scale: number, write: (value: number) => string): string[] {
  const bars = values.flatMap((value, index) => {
    const y = top + index * THICKNESS
    const words = value === undefined ? 'absent' : write(value)
    const length = (value ?? 0) * scale
    const bar = rectangle(KINDS[index] as string, LEFT, y, length, THICKNESS - 2)
    return [bar, text('small', LEFT + length + 6, y + THICKNESS - 5, words)]
  })
  return [text('end', LEFT - 8, top + (values.length * THICKNESS) / 2 + 4, name), ...bars]
}
