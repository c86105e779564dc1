import type { Loss } from '../call/loss.ts'

/** Losses named in one header or message; the log line counts them all. */
const MOST_NAMED = 20
/** Names of members are the client's; clients give up on answers whose headers are longer than 16 KB. */
const LONGEST_PATH = 100

/** The losses with their reasons, for an error message. */
export function describeLosses(losses: readonly Loss[]): string {
  return listed(losses.map(({ path, why }) => `${path.slice(0, LONGEST_PATH)} (${why})`))
}

/** The header that names what was lost by its paths; none where nothing was. */
export function lossHeaders(losses: readonly Loss[]): Record<string, string> {
  if (losses.length === 0) return {}
  const paths = losses.map(({ path }) => path.slice(0, LONGEST_PATH))
  return { 'x-sluice-losses': listed(paths).replace(/[^\x20-\x7e]/g, '?') }
}

/** Each once, and no more than a header has room for. */
function listed(words: readonly string[]): string {
  const distinct = [...new Set(words)]
  const more = distinct.length > MOST_NAMED ? ` and ${distinct.length - MOST_NAMED} more` : ''
  return `${distinct.slice(0, MOST_NAMED).join(', ')}${more}`
}
