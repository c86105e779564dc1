import type { Json } from '../call/json.ts'

/** Ten times the longest context on the market, ten million tokens. */
const MOST = 100_000_000

/**
 * A number of tokens in a vendor's report; undefined for an impossible one. A vendor's mistake, such as a -1 that became
 * 4294967295, would otherwise be charged to the caller, whose limit would be used up for weeks.
 */
export function tokenCount(value: Json | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= MOST ? Math.trunc(value) : undefined
}

/** Marks a report with an impossible count: the usage must be estimated instead. */
export function estimatedIfImpossible(...counts: readonly (Json | undefined)[]): { readonly estimated?: true } {
  return counts.some(count => typeof count === 'number' && tokenCount(count) === undefined) ? { estimated: true } : {}
}
