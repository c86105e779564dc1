import { isRefusal, type Permit, type Refusal } from './gate.ts'
import { inTurn } from './in-turn.ts'
import type { Candidate, Target } from './target.ts'

/** A candidate that may be asked now. */
export interface Choice {
  readonly candidate: Candidate
  readonly permit: Permit
}

const NOBODY: Refusal = { reason: 'failing', waitMs: 1 }

/** Whom one request may still be sent to, best first. Who failed it is not asked again (C7). */
export class Choices {
  readonly #all: readonly Candidate[]
  #left: readonly Candidate[]

  constructor(targets: readonly Target[]) {
    const left: Candidate[] = []
    for (const target of targets) left.push(...inTurn(target))
    this.#all = left
    this.#left = left
  }

  /** Everybody has failed. */
  get exhausted(): boolean {
    return this.#left.length === 0
  }

  /** Gives those who failed another chance. */
  restore(): void {
    this.#left = this.#all
  }

  /** The first that may be asked at `now`; where there is none, the refusal that ends first, of one at a limit where there is any. Leaves out `except`. */
  next(now: number, except?: Target): Choice | Refusal {
    let best: Refusal | undefined
    for (const candidate of this.#left) {
      if (candidate.target === except) continue
      const answer = candidate.gate.admit(now)
      if (!isRefusal(answer)) return { candidate, permit: answer }
      if (best === undefined || isBetter(answer, best)) best = answer
    }
    return best ?? NOBODY
  }

  /** Leaves out who failed; with all keys of its target, unless the failure was the one key's. */
  strike(failed: Candidate, ofKey: boolean): void {
    this.#left = this.#left.filter(candidate => candidate !== failed && (ofKey || candidate.target !== failed.target))
  }
}

function isBetter(one: Refusal, other: Refusal): boolean {
  if (one.reason !== other.reason) return one.reason === 'limited'
  return one.waitMs < other.waitMs
}
