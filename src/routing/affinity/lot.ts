/** Anything with a weight. */
export interface Weighted {
  readonly weight: number
}

/**
 * A target's lot; the smallest comes first, with the odds of its weight among all. An exponential race: Efraimidis and
 * Spirakis, "Weighted random sampling with a reservoir" (2006), and, with a hash for `drawn`, the logarithmic method of
 * Schindelhauer and Schomaker, "Weighted distributed hash tables" (SPAA 2005). `drawn` is uniform in (0, 1].
 */
export function lot(weight: number, drawn: number): number {
  return weight > 0 ? -Math.log(drawn) / weight : Infinity
}

/** All targets in weighted random order, those of weight 0 last. `random` as Math.random. */
export function byLot<T extends Weighted>(targets: readonly T[], random: () => number): readonly T[] {
  return targets.length < 2 ? targets : ascending(targets, ({ weight }) => lot(weight, 1 - random()))
}

/** Sorted by a key that is computed once for each; equal ones keep their order. */
export function ascending<T>(targets: readonly T[], key: (target: T) => number): T[] {
  const keyed = targets.map(target => ({ target, key: key(target) }))
  // Not by difference: Infinity less Infinity is no number.
  keyed.sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
  return keyed.map(({ target }) => target)
}
