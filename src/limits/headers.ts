/** Made once: names that are joined anew for each answer have to be looked up among all strings there are. */
const NAMES = { requests: namesOf('requests'), tokens: namesOf('tokens') } as const

/** OpenAI's headers, which its SDKs read, for a limit that holds `limit` at once and is full again in `seconds`. */
export function limitHeaders(
  kind: keyof typeof NAMES,
  limit: number,
  remaining: number,
  seconds: number,
): Record<string, string> {
  const names = NAMES[kind]
  return { [names.limit]: String(limit), [names.remaining]: String(remaining), [names.reset]: `${seconds}s` }
}

function namesOf(kind: string) {
  return {
    limit: `x-ratelimit-limit-${kind}`,
    remaining: `x-ratelimit-remaining-${kind}`,
    reset: `x-ratelimit-reset-${kind}`,
  }
}
