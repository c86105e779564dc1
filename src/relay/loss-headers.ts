import type { Loss } from '../call/loss.ts'

/** A header has room for a few; the log line counts them all. */
const MOST_NAMED = 20
/** Names of members are the client's; clients give up on answers whose headers are longer than 16 KB. */
const LONGEST_PATH = 100

/** The losses with their reasons, for an error's message. */
export function describeLosses(losses: readonly Loss[]): string {
  const told = [...new Set(losses.map(({ path, why }) => `${path.slice(0, LONGEST_PATH)} (${why})`))]
  const more = told.length > MOST_NAMED ? ` and ${told.length - MOST_NAMED} more` : ''
  return `${told.slice(0, MOST_NAMED).join(', ')}${more}`
}

/** The header that names, by their paths, the members that could not be said; none where nothing was lost. */
export function lossHeaders(losses: readonly Loss[]): Record<string, string> {
  if (losses.length === 0) return {}
  const paths = [...new Set(losses.map(({ path }) => path.slice(0, LONGEST_PATH)))]
  const more = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : ''
  const named = paths.slice(0, MOST_NAMED).join(', ')
  return { 'x-sluice-losses': `${named}${more}`.replace(/[^\x20-\x7e]/g, '?') }
}
