import type { Candidate, Target } from './target.ts'

/** The keys of a target, each request beginning with the next one, so that the vendor's limits on a key are shared out. */
export function inTurn(target: Target): readonly Candidate[] {
  const { candidates } = target
  if (candidates.length === 1) return candidates
  target.turn = (target.turn + 1) % candidates.length
  return [...candidates.slice(target.turn), ...candidates.slice(0, target.turn)]
}
