import { matches, type Path } from './tree.ts'

/** Settings that Sluice's design has and this version does not, by where they stand. Refused by name, never accepted and ignored. */
const UNSUPPORTED_KEYS: readonly (readonly string[])[] = [
  ['retryBudget'],
  ['ledger'],
  ['providers', '*', 'limits'],
  ['providers', '*', 'health'],
  ['models', '*', 'hedge'],
  ['models', '*', 'queue'],
  ['keys', '*', 'budget'],
  ['keys', '*', 'priority'],
  ['keys', '*', 'limits', 'tokensPerMinute'],
  ['keys', '*', 'limits', 'concurrency'],
]

const STRATEGY_PATH = ['models', '*', 'strategy']
const UNSUPPORTED_STRATEGIES: readonly unknown[] = ['least-latency', 'least-busy', 'cheapest']

export function isUnsupportedKey(path: Path): boolean {
  return UNSUPPORTED_KEYS.some(pattern => matches(path, pattern))
}

export function isUnsupportedValue(path: Path, value: unknown): boolean {
  return matches(path, STRATEGY_PATH) && UNSUPPORTED_STRATEGIES.includes(value)
}
