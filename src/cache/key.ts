import { createHash } from 'node:crypto'

/** What makes two requests the same: who asks, on which route, and every byte of what is asked. Nobody is answered from another's cache. */
export function cacheKey(caller: string | undefined, endpoint: string, body: Buffer): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([caller ?? null, endpoint]))
  hash.update(body)
  return hash.digest('base64')
}
