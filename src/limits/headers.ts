import type { Bucket, Taken } from './bucket.ts'

/** Made once: names that are joined anew for each answer have to be looked up among all strings there are. */
const NAMES = { requests: namesOf('requests'), tokens: namesOf('tokens') } as const

/** OpenAI's headers, which its SDKs read: what the bucket holds at once, what is left in it, and when it is full again. */
export function limitHeaders(
  kind: keyof typeof NAMES,
  { capacity }: Bucket,
  { remaining, resetMs }: Taken,
): Record<string, string> {
  const names = NAMES[kind]
  const reset = `${Math.ceil(resetMs / 1000)}s`
  return { [names.limit]: String(capacity), [names.remaining]: String(remaining), [names.reset]: reset }
}

function namesOf(kind: string) {
  return {
    limit: `x-ratelimit-limit-${kind}`,
    remaining: `x-ratelimit-remaining-${kind}`,
    reset: `x-ratelimit-reset-${kind}`,
  }
}
