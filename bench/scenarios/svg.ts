/** Colours by class, for light and for dark; told apart by brightness too. */
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.small { font-size: 11px; fill: #57606a }
.end { text-anchor: end }
.middle { text-anchor: middle }
.grid { stroke: #d0d7de }
.first, .answered { fill: #8ab4e8 }
.second { fill: #1f5fae }
.failed { fill: #cf222e }
.line { fill: none; stroke: #24292f; stroke-width: 1.5 }
.line.second { fill: none; stroke: #1f5fae }
.trouble { fill: #bf8700; opacity: .18 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .small { fill: #9198a1 }
  .grid { stroke: #3d444d }
  .first, .answered { fill: #2f5f9e }
  .second { fill: #8ab4e8 }
  .failed { fill: #ff7b72 }
  .line { stroke: #e6edf3 }
  .line.second { stroke: #8ab4e8 }
  .trouble { fill: #e3b341 }
}`

type Attributes = Readonly<Record<string, string | number>>

/** A picture of that size. `title` is what is read out in its place. */
export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
  }
  const children = [`<title>${escapeText(title)}</title>`, `<style>${STYLE}\n</style>`, ...parts]
  return `${element('svg', attributes, `\n${children.join('\n')}\n`)}\n`
}

export function rectangle(kind: string, x: number, y: number, width: number, height: number): string {
  return element('rect', { class: kind, x, y, width, height })
}

export function horizontal(kind: string, x: number, y: number, width: number): string {
  return element('line', { class: kind, x1: x, y1: y, x2: x + width, y2: y })
}

/** `kind` may name several classes. */
export function text(kind: string, x: number, y: number, words: string): string {
  return element('text', { ...(kind !== '' && { class: kind }), x, y }, escapeText(words))
}

/** A line through points; where a point is missing it is broken. */
export function path(kind: string, points: readonly (readonly [x: number, y: number] | undefined)[]): string {
  const steps = points.map((point, index) => {
    if (point === undefined) return ''
    return `${points[index - 1] === undefined ? 'M' : 'L'}${tidy(point[0])} ${tidy(point[1])}`
  })
  return element('path', { class: kind, d: steps.join('') })
}

function element(name: string, attributes: Attributes, children = ''): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeText(tidy(value))}"`)
  return children === '' ? `<${name}${pairs.join('')}/>` : `<${name}${pairs.join('')}>${children}</${name}>`
}

/** A tenth of a pixel is enough. */
function tidy(value: string | number): string {
  return typeof value === 'string' ? value : String(Math.round(value * 10) / 10)
}

function escapeText(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
