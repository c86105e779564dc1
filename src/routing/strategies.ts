import type { Candidate, Target } from './target.ts'

/** What a strategy needs to know of a target. */
export interface Weighted {
  readonly weight: number
}

/** The running sums of smooth weighted round robin, one a target; kept between calls by the caller. */
export type WeightState = number[]

/**
 * Smooth weighted round robin, as nginx does it (its commit 52327e0627, 2012): over any run of picks each target's share is
 * exact and evenly spread. Returns the picked target first and the others behind it by weight, for failover. Targets of
 * weight 0 come last, and are picked only where all weights are 0. Changes `state`.
 */
export function weighted<T extends Weighted>(targets: readonly T[], state: WeightState): T[] {
  const picked = pick(targets, state)
  const rest = targets.filter((_, index) => index !== picked)
  rest.sort((left, right) => right.weight - left.weight)
  const first = targets[picked]
  return first === undefined ? rest : [first, ...rest]
}

function pick(targets: readonly Weighted[], state: WeightState): number {
  let total = 0
  let best = -1
  for (const [index, { weight }] of targets.entries()) {
    if (weight <= 0) continue
    total += weight
    state[index] = (state[index] ?? 0) + weight
    if (best < 0 || (state[index] as number) > (state[best] as number)) best = index
  }
  if (best < 0) return 0
  state[best] = (state[best] as number) - total
  return best
}

/** Always in the order of the config. */
export function priority<T>(targets: readonly T[]): readonly T[] {
  return targets
}

/** The keys of a target, each request beginning with the next one, so that the vendor's limits on a key are shared out. */
export function inTurn(target: Target): readonly Candidate[] {
  const { candidates } = target
  if (candidates.length === 1) return candidates
  target.turn = (target.turn + 1) % candidates.length
  return [...candidates.slice(target.turn), ...candidates.slice(0, target.turn)]
}
