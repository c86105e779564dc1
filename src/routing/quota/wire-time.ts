/** ms in each unit of a Go duration, in which OpenAI and those who follow it say times: `6m0s`, `1.5s`, `20ms`. */
const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
}

/** Ms until the moment that a header names by bare seconds, a Go duration or a date; negative for the past, NaN for garbage. `wallNow` in ms since 1970. */
export function untilMs(text: string, wallNow: number): number {
  const duration = durationMs(text.trim())
  return Number.isNaN(duration) ? Date.parse(text) - wallNow : duration
}

/** Without a regular expression: it reads the headers of every answer. */
function durationMs(text: string): number {
  const bare = text === '' ? NaN : Number(text)
  if (!Number.isNaN(bare)) return bare * 1_000
  let total = 0
  let at = 0
  while (at < text.length) {
    const unitAt = skip(text, at, isDigit)
    const end = skip(text, unitAt, isLetter)
    if (unitAt === at || end === unitAt) return NaN
    total += Number(text.slice(at, unitAt)) * (UNITS[text.slice(unitAt, end)] ?? NaN)
    at = end
  }
  return at === 0 ? NaN : total
}

function skip(text: string, from: number, belongs: (code: number) => boolean): number {
  let at = from
  while (at < text.length && belongs(text.charCodeAt(at))) at += 1
  return at
}

function isDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2e
}

function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || code === 0xb5
}
