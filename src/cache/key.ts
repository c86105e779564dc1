import { createHash } from 'node:crypto'

/** All of a request that can change its answer. */
export interface Asked {
  readonly caller: string | undefined
  readonly endpoint: string
  /** It may stand in the path, and not in the body. */
  readonly model: string
  readonly query: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer | string
}

/** Headers by which vendors' APIs are told of versions and betas; all others are of the connection, not of the question. */
const VENDOR_HEADER = /^(?:anthropic|openai)-/

/** What makes two requests the same: who asks, on which route, and every byte of what is asked. Nobody is answered from another's cache. */
export function cacheKey({ caller, endpoint, model, query, headers, body }: Asked): string {
  const told = Object.entries(headers).filter(([name]) => VENDOR_HEADER.test(name))
  const hash = createHash('sha256')
  hash.update(JSON.stringify([caller ?? null, endpoint, model, query, told.sort()]))
  hash.update(body)
  return hash.digest('base64')
}

/** What names a client's retry of the same call: its own word for it, on this route, and nobody else's. */
export function idempotencyKey({ caller, endpoint }: Pick<Asked, 'caller' | 'endpoint'>, word: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['retry', caller ?? null, endpoint, word]))
    .digest('base64')
}
