/** Paths of endpoints that users paste together with the base URL. */
const ENDPOINT = /\/(?:chat\/completions|completions|responses|embeddings|messages|models)$/
const VERSION = /\/v\d+[a-z0-9]*(?=\/|$)/i

/**
 * The base URL that a user wrote, as origin and path prefix without a trailing slash. `defaultUrl` is the vendor's own
 * (`https://api.groq.com/openai/v1`). Accepts the origin alone, a path with or without `/v1` or a trailing slash, and the full
 * URL of an endpoint, whose prefix is then taken as it is. Throws an Error that does not repeat the URL, which may hold a password.
 */
export function normaliseBaseUrl(given: string, defaultUrl: string): string {
  const { origin, path } = parseBaseUrl(given)
  const prefix = ENDPOINT.exec(path)
  if (prefix !== null) return origin + path.slice(0, prefix.index)
  const vendor = new URL(defaultUrl)
  return origin + fullPath(path, vendor.pathname.replace(/\/+$/, ''), origin === vendor.origin)
}

function fullPath(path: string, defaultPath: string, atVendor: boolean): string {
  if (path === '') return defaultPath
  // At the vendor's own address only the vendor's own path can be meant: `/v1` or a part of it was left out or added.
  if (atVendor && (path === '/v1' || defaultPath.startsWith(`${path}/`))) return defaultPath
  // A path with any version in it is complete as it stands (`/v1beta/openai`, `/api/paas/v4`).
  if (VERSION.test(path) || defaultPath === '') return path
  return path + (VERSION.exec(defaultPath)?.[0] ?? '/v1')
}

/** Origin and path of a base URL, the path without a trailing slash. Throws an Error that does not repeat it. */
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
