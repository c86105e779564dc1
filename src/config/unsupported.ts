import { matches, type Path } from './tree.ts'

/** Settings that Sluice's design has and this version does not, by where they stand. Refused by name, never accepted and ignored. */
const UNSUPPORTED_KEYS: readonly (readonly string[])[] = [
  ['ledger'],
  ['providers', '*', 'limits'],
  ['models', '*', 'degradeTo'],
  ['models', '*', 'queue'],
  ['keys', '*', 'budget'],
  ['keys', '*', 'priority'],
  ['keys', '*', 'limits', 'tokensPerMinute'],
  ['keys', '*', 'limits', 'concurrency'],
]

export function isUnsupportedKey(path: Path): boolean {
  return UNSUPPORTED_KEYS.some(pattern => matches(path, pattern))
}
