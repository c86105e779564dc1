import { isRefusal, type Permit, type Refusal } from './gate.ts'
import { inTurn } from './strategies.ts'
import type { Candidate, Target } from './target.ts'

/** A candidate that may be asked now. */
export interface Choice {
  readonly candidate: Candidate
  readonly permit: Permit
}

const NOBODY: Refusal = { reason: 'failing', waitMs: 1 }

/** Whom one request may still be sent to, best first. Who failed it is not asked again (C7). */
export class Choices {
  #left: readonly Candidate[]
  #untouched = true

  constructor(targets: readonly Target[]) {
    const [only] = targets
    this.#left = targets.length === 1 ? inTurn(only as Target) : targets.flatMap(inTurn)
  }

  /** Nobody has failed it yet: it has the choices of any newcomer. */
  get untouched(): boolean {
    return this.#untouched
  }

  /** The first that may be asked at `now`; where there is none, the refusal that ends first, of one at a limit where there is any. */
  next(now: number): Choice | Refusal {
    let best: Refusal | undefined
    for (const candidate of this.#left) {
      const answer = candidate.gate.admit(now)
      if (!isRefusal(answer)) return { candidate, permit: answer }
      if (best === undefined || isBetter(answer, best)) best = answer
    }
    return best ?? NOBODY
  }

  /** Leaves out who failed; with all keys of its target, unless the failure was the one key's. */
  strike(failed: Candidate, ofKey: boolean): void {
    this.#untouched = false
    this.#left = this.#left.filter(candidate => candidate !== failed && (ofKey || candidate.target !== failed.target))
  }
}

function isBetter(one: Refusal, other: Refusal): boolean {
  if (one.reason !== other.reason) return one.reason === 'limited'
  return one.waitMs < other.waitMs
}
