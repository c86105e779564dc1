/** Paths of endpoints that users paste together with the base URL. */
const ENDPOINT = /\/(?:chat\/completions|completions|responses|embeddings|messages|models)$/
const VERSION = /\/v\d+[a-z0-9]*(?=\/|$)/i

/**
 * What a user wrote as base URL, as origin and path prefix without a trailing slash. `usual` is the vendor's own base
 * URL (`https://api.groq.com/openai/v1`). Works for the origin alone, with or without `/v1`, with or without a trailing
 * slash, and for the full path of an endpoint, which is then taken at its word. Throws an Error that does not repeat
 * the URL, since a URL may hold a password.
 */
export function normaliseBaseUrl(given: string, usual: string): string {
  const { origin, path } = parseBaseUrl(given)
  const prefix = ENDPOINT.exec(path)
  if (prefix !== null) return origin + path.slice(0, prefix.index)
  const own = new URL(usual)
  return origin + fullPath(path, own.pathname.replace(/\/+$/, ''), origin === own.origin)
}

function fullPath(path: string, usualPath: string, atVendor: boolean): string {
  if (path === '') return usualPath
  // At the vendor's own address only the vendor's own path can be meant: `/v1` or a part of it was left out or added.
  if (atVendor && (path === '/v1' || usualPath.startsWith(`${path}/`))) return usualPath
  // A path with any version in it is complete as it stands (`/v1beta/openai`, `/api/paas/v4`).
  if (VERSION.test(path) || usualPath === '') return path
  return path + (VERSION.exec(usualPath)?.[0] ?? '/v1')
}

/** The parts of a base URL, the path without a trailing slash. Throws as above. */
export function parseBaseUrl(given: string): { origin: string; path: string } {
  const url = URL.parse(given.trim())
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Error('The base URL must be an http or https URL, such as https://llm.example.com/v1.')
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new Error('The base URL must not hold a user name, a password, a query or a fragment.')
  }
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}
