/** The whole seconds (at least one) that `retry-after` says of a wait of so many ms; RFC 9110 10.2.3 has no shorter ones. */
export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}

/**
 * A wait that is a guess (when a call under way ends, when a vendor at its limit has room): of that, a fraction of a second would
 * be too much said, and a client that comes too early has used up one of its tries. Both in ms.
 */
export function roughly(ms: number): number {
  return wholeSeconds(ms) * 1000
}

/**
 * How an answer tells a client to come back in so many ms. The official clients of OpenAI and Anthropic go by `retry-after-ms`
 * where they find it, so that a wait of 50 ms does not become a second.
 */
export function retryAfterHeaders(ms: number): Record<string, string> {
  return { 'retry-after': String(wholeSeconds(ms)), 'retry-after-ms': String(Math.max(1, Math.ceil(ms))) }
}
