const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

export const DURATION_PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/
export const SIZE_PATTERN = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB)$/

/** Node's timers take a signed 32-bit number of milliseconds and fire at once beyond it. */
export const LONGEST_DURATION = 2 ** 31 - 1

/** `250ms`, `5s`, `1.5h` as whole milliseconds; NaN where the text is no duration. */
export function parseDuration(text: string): number {
  return parse(text, DURATION_PATTERN, MILLISECONDS)
}

/** `512B`, `32MiB` as whole bytes; NaN where the text is no size. */
export function parseSize(text: string): number {
  return parse(text, SIZE_PATTERN, BYTES)
}

function parse(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number {
  const [, amount = '', unit = ''] = pattern.exec(text) ?? []
  return Math.round(Number(amount) * (units[unit] ?? NaN))
}
