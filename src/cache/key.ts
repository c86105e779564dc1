import { createHash } from 'node:crypto'

/** All of a request that can change its answer. */
export interface Asked {
  readonly caller: string | undefined
  readonly endpoint: string
  readonly query: string
  /** What the path says beside the route: a model, and how it shall answer. */
  readonly path?: unknown
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer | string
}

/** Headers that name versions and betas of a vendor's API, or ask us to be strict; all others are of the connection, not of the question. */
const TELLING_HEADER = /^(?:(?:anthropic|openai)-|x-sluice-strict$)/

/** What makes two requests the same: who asks, on which route, and every byte of what is asked. Nobody is answered from another's cache. */
export function cacheKey({ caller, endpoint, query, path, headers, body }: Asked): string {
  const told = Object.entries(headers).filter(([name]) => TELLING_HEADER.test(name))
  const hash = createHash('sha256')
  hash.update(JSON.stringify([caller ?? null, endpoint, query, told.sort(), path]))
  hash.update(body)
  return hash.digest('base64')
}

/** What names a client's retry of the same call: its own word for it, on this route, and nobody else's. */
export function idempotencyKey({ caller, endpoint }: Pick<Asked, 'caller' | 'endpoint'>, word: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['retry', caller ?? null, endpoint, word]))
    .digest('base64')
}
