import { horizontal, path, picture, rectangle, text } from '../scenarios/svg.ts'

const WIDTH = 960
const HEIGHT = 260
const LEFT = 80
const RIGHT = 20
const TOP = 70
const FLOOR = HEIGHT - 30
const LINES = 4
/** How each line is drawn, in the order in which they are given. */
const KINDS = ['line', 'line second']

export interface Line {
  readonly name: string
  /** By seconds from the beginning; where a value is undefined, the line is broken. */
  readonly points: readonly (readonly [second: number, value: number | undefined])[]
}

interface Chart {
  readonly title: string
  /** One or two. */
  readonly lines: readonly Line[]
  /** The span that is judged, s from the beginning. */
  readonly held: readonly [from: number, to: number]
  /** What the shading says; that all users are there unless given. */
  readonly heldName?: string
  format(value: number): string
}

/** Values over time, from zero to a round number above the highest; the span that is judged is shaded. */
export function lineChart({ title, lines, held: [from, to], heldName = 'all users are there', format }: Chart): string {
  const points = lines.flatMap(line => line.points)
  const end = Math.max(...points.map(([second]) => second), to, 1)
  const top = roundUp(Math.max(...points.map(([, value = 0]) => value)))
  const x = (second: number): number => LEFT + (second / end) * (WIDTH - LEFT - RIGHT)
  const y = (value: number): number => FLOOR - (value / top) * (FLOOR - TOP)
  const parts = [
    text('title', 10, 22, title),
    rectangle('trouble', x(from), TOP, x(to) - x(from), FLOOR - TOP),
    text('small', x(from), TOP - 6, heldName),
    ...drawScale(top, y, format),
    ...drawSeconds(end, x),
    ...lines.flatMap((line, index) => drawLine(line, index, x, y)),
  ]
  return picture(WIDTH, HEIGHT, title, parts)
}

/** The next of 1, 2, 4 or 8 times a power of ten: four parts of it are short numbers. */
function roundUp(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 4, 8].find(factor => value <= factor * power) ?? 10) * power
}

function drawScale(top: number, y: (value: number) => number, format: (value: number) => string): string[] {
  return Array.from({ length: LINES + 1 }, (_, index) => (top * index) / LINES).flatMap(value => [
    horizontal('grid', LEFT, y(value), WIDTH - LEFT - RIGHT),
    text('small end', LEFT - 10, y(value) + 4, format(value)),
  ])
}

function drawSeconds(end: number, x: (second: number) => number): string[] {
  const apart = end > 120 ? 60 : 10
  const marks = Array.from({ length: Math.floor(end / apart) + 1 }, (_, index) => index * apart)
  return marks.map(mark => text('small middle', x(mark), FLOOR + 18, `${mark} s`))
}

function drawLine(
  { name, points }: Line,
  index: number,
  x: (at: number) => number,
  y: (at: number) => number,
): string[] {
  const kind = KINDS[index] ?? 'line'
  const legend = LEFT + index * 120
  return [
    path(
      kind,
      points.map(([second, value]) => (value === undefined ? undefined : ([x(second), y(value)] as const))),
    ),
    path(kind, [
      [legend, 40],
      [legend + 16, 40],
    ]),
    text('small', legend + 22, 44, name),
  ]
}
