/** The whole seconds (at least one) that `retry-after` says of a wait of so many ms; RFC 9110 10.2.3 has no shorter ones. */
export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}

/**
 * How an answer tells a client to come back in so many ms. The official clients of OpenAI and Anthropic go by `retry-after-ms`
 * where they find it, so that a wait of 50 ms does not become a second.
 */
export function retryAfterHeaders(ms: number): Record<string, string> {
  return { 'retry-after': String(wholeSeconds(ms)), 'retry-after-ms': String(Math.max(1, Math.ceil(ms))) }
}
