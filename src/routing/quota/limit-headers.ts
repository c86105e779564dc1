import { header, type ResponseHeaders } from '../../upstream/outcome.ts'

/** What a limit of a vendor counts; `input` and `output` are tokens in one direction. */
export type Counted = 'requests' | 'tokens' | 'input' | 'output'

/** The three headers in which a vendor says how one of its limits stands. */
export interface LimitHeaders {
  readonly counts: Counted
  readonly limit: string
  readonly remaining: string
  readonly reset: string
}

/** https://platform.openai.com/docs/guides/rate-limits; resets are durations. Others follow it, some with bare seconds. */
const OPENAI = (['requests', 'tokens'] as const).map(counts => ({
  counts,
  limit: `x-ratelimit-limit-${counts}`,
  remaining: `x-ratelimit-remaining-${counts}`,
  reset: `x-ratelimit-reset-${counts}`,
}))

/** https://docs.anthropic.com/en/api/rate-limits; resets are RFC 3339 dates. */
const ANTHROPIC = (['requests', 'tokens', 'input', 'output'] as const).map(counts => {
  const name = counts === 'input' || counts === 'output' ? `${counts}-tokens` : counts
  return {
    counts,
    limit: `anthropic-ratelimit-${name}-limit`,
    remaining: `anthropic-ratelimit-${name}-remaining`,
    reset: `anthropic-ratelimit-${name}-reset`,
  }
})

/** All that are known. */
export const LIMIT_HEADERS: readonly LimitHeaders[] = [...OPENAI, ...ANTHROPIC]

const NONE: readonly LimitHeaders[] = []

/** The headers to read in an answer; none where it reports no limits, which takes four look-ups. */
export function limitHeadersOf(headers: ResponseHeaders): readonly LimitHeaders[] {
  if (headers['x-ratelimit-remaining-requests'] ?? headers['x-ratelimit-remaining-tokens']) return OPENAI
  if (headers['anthropic-ratelimit-requests-remaining'] ?? headers['anthropic-ratelimit-tokens-remaining'])
    return ANTHROPIC
  return NONE
}

/** A header that counts something; undefined where it is missing, negative or garbage. */
export function countIn(headers: ResponseHeaders, name: string): number | undefined {
  const text = header(headers, name)
  if (text === undefined || text === '') return undefined
  const count = Number(text)
  return count >= 0 && count < Infinity ? count : undefined
}
