/** OpenAI's headers, which its SDKs read, for a limit that holds `limit` at once and is full again in `seconds`. */
export function limitHeaders(
  kind: 'requests' | 'tokens',
  limit: number,
  remaining: number,
  seconds: number,
): Record<string, string> {
  return {
    [`x-ratelimit-limit-${kind}`]: String(limit),
    [`x-ratelimit-remaining-${kind}`]: String(remaining),
    [`x-ratelimit-reset-${kind}`]: `${seconds}s`,
  }
}
