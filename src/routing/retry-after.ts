import { header, type ResponseHeaders } from '../upstream/outcome.ts'

/** When a vendor limits us without saying for how long, ms. */
const DEFAULT_MS = 1_000
/** No vendor's wish keeps a target out for longer than this, ms: a broken or hostile value must not ban it for days. */
export const MAX_COOLDOWN_MS = 10 * 60_000

/**
 * How long a vendor asks us to stay away, in ms: `retry-after-ms`, or `retry-after` as seconds or an HTTP date
 * (RFC 9110 10.2.3); the longest wins. Garbage and negative values count as not given. `now` is wall time in ms.
 */
export function retryAfterMs(headers: ResponseHeaders, now: number): number {
  const wishes = [number(header(headers, 'retry-after-ms'), 1), afterHeader(header(headers, 'retry-after'), now)]
  const longest = Math.max(0, ...wishes.filter(wish => wish !== undefined))
  return longest === 0 ? DEFAULT_MS : Math.min(longest, MAX_COOLDOWN_MS)
}

function afterHeader(value: string | undefined, now: number): number | undefined {
  const seconds = number(value, 1_000)
  if (seconds !== undefined || value === undefined) return seconds
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function number(value: string | undefined, unit: number): number | undefined {
  return value !== undefined && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * unit : undefined
}
