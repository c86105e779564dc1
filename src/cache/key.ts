import { createHash } from 'node:crypto'

/** The parts of a request that can change its answer. */
interface CacheableRequest {
  readonly caller: string | undefined
  readonly endpoint: string
  readonly query: string
  /** Parameters of the path: a model, and how it is to answer. */
  readonly path?: unknown
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer | string
}

/** Headers that can change the answer: versions and betas of a vendor's API, and our strict mode. */
const RELEVANT_HEADER = /^(?:(?:anthropic|openai)-|x-sluice-strict$)/

/** The key of a request: its caller, its route, and every byte of its body. No caller is answered from another one's cache. */
export function cacheKey({ caller, endpoint, query, path, headers, body }: CacheableRequest): string {
  const relevant = Object.entries(headers).filter(([name]) => RELEVANT_HEADER.test(name))
  const hash = createHash('sha256')
  hash.update(JSON.stringify([caller ?? null, endpoint, query, relevant.sort(), path]))
  hash.update(body)
  return hash.digest('base64')
}

/** The key of a client's retries of one call: the client's own key, for this route and this caller alone. */
export function idempotencyKey(
  { caller, endpoint }: Pick<CacheableRequest, 'caller' | 'endpoint'>,
  word: string,
): string {
  return createHash('sha256')
    .update(JSON.stringify(['retry', caller ?? null, endpoint, word]))
    .digest('base64')
}
