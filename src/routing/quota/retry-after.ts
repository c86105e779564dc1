import { header, type ResponseHeaders } from '../../upstream/outcome.ts'
import { countIn, LIMIT_HEADERS } from './limit-headers.ts'
import { untilMs } from './wire-time.ts'

/** Longest cooldown that a vendor can request, ms: a broken or hostile value must not ban a target for days. */
export const MAX_COOLDOWN_MS = 10 * 60_000

/**
 * How long a vendor asks us to wait, in ms: the longest of `retry-after-ms`, `retry-after` as seconds or an HTTP date
 * (RFC 9110 10.2.3), and the resets of its exhausted limits. Undefined where it does not say, or says garbage. `wallNow` in ms since 1970.
 */
export function retryAfterMs(headers: ResponseHeaders, wallNow: number): number | undefined {
  let longest = countIn(headers, 'retry-after-ms') ?? 0
  longest = longer(longest, header(headers, 'retry-after'), wallNow)
  for (const limit of LIMIT_HEADERS) {
    if (countIn(headers, limit.remaining) === 0) longest = longer(longest, header(headers, limit.reset), wallNow)
  }
  return longest === 0 ? undefined : Math.min(longest, MAX_COOLDOWN_MS)
}

function longer(known: number, text: string | undefined, wallNow: number): number {
  const ms = text === undefined ? NaN : untilMs(text, wallNow)
  return ms > known ? ms : known
}
