import { matches, type Path } from './tree.ts'

/** Settings that Sluice's design has and this version does not, by where they stand. Refused by name, never accepted and ignored. */
const UNSUPPORTED_KEYS: readonly (readonly string[])[] = [['ledger'], ['keys', '*', 'budget']]

export function isUnsupportedKey(path: Path): boolean {
  return UNSUPPORTED_KEYS.some(pattern => matches(path, pattern))
}
