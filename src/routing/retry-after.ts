import { header, type ResponseHeaders } from '../upstream/outcome.ts'

/** No vendor's wish keeps a target out for longer than this, ms: a broken or hostile value must not ban it for days. */
export const MAX_COOLDOWN_MS = 10 * 60_000

/** What OpenAI and those who follow it limit, as their headers name it. */
const LIMITS = ['requests', 'tokens']
/** A Go duration, in which OpenAI says when a limit is whole again: `6m0s`, `1.5s`, `20ms`. */
const DURATION = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/

/**
 * How long a vendor asks us to stay away, in ms: `retry-after-ms`, or `retry-after` as seconds or an HTTP date (RFC 9110
 * 10.2.3), the longer of the two; without them the `x-ratelimit-reset-*` of limits of which nothing remains. Undefined
 * where it does not say, or in garbage. `now` is wall time in ms.
 */
export function retryAfterMs(headers: ResponseHeaders, now: number): number | undefined {
  const told = longest([
    decimal(header(headers, 'retry-after-ms'), 1),
    afterHeader(header(headers, 'retry-after'), now),
  ])
  return told ?? longest(LIMITS.map(limit => resetOf(headers, limit)))
}

function longest(wishes: readonly (number | undefined)[]): number | undefined {
  const ms = Math.max(0, ...wishes.filter(wish => wish !== undefined))
  return ms === 0 ? undefined : Math.min(ms, MAX_COOLDOWN_MS)
}

function afterHeader(value: string | undefined, now: number): number | undefined {
  const seconds = decimal(value, 1_000)
  if (seconds !== undefined || value === undefined) return seconds
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : date - now
}

function resetOf(headers: ResponseHeaders, limit: string): number | undefined {
  if (header(headers, `x-ratelimit-remaining-${limit}`) !== '0') return undefined
  const parts = DURATION.exec(header(headers, `x-ratelimit-reset-${limit}`) ?? '')
  if (parts === null) return undefined
  const [hours = 0, minutes = 0, seconds = 0, ms = 0] = parts.slice(1).map(part => Number(part ?? 0))
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms
}

function decimal(value: string | undefined, unit: number): number | undefined {
  return value !== undefined && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * unit : undefined
}
