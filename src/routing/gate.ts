import type { ResponseHeaders } from '../upstream/outcome.ts'
import type { Breaker, Verdict } from './breaker.ts'
import type { Cooldown } from './cooldown.ts'
import type { Health } from './health.ts'
import { Signal } from './signal.ts'

/** Why a candidate is not to be asked now. `limited`: it could answer, but is at a limit; waiting helps. `failing`: it cannot be counted on. */
export interface Refusal {
  readonly reason: 'limited' | 'failing'
  /** Until it may be asked, ms; never 0. */
  readonly waitMs: number
}

/** Leave to ask a candidate once. */
export interface Permit {
  /** The head of the answer has come. */
  answered(headers: ResponseHeaders): void
  /** The answer has ended; exactly one call counts, and it must be made. */
  settle(verdict: Verdict): void
}

/** Everything that stands before one provider x model x key. Times in ms on one monotonic clock. */
export class Gate {
  readonly breaker: Breaker
  /** Runs while the vendor limits us. */
  readonly cooldown: Cooldown
  readonly #keyCooldown: Cooldown
  readonly #health: Health | undefined
  /** An attempt has ended, so another may find room. */
  readonly freed = new Signal()

  /** `keyCooldown` runs while the vendor refuses the key, whatever is asked with it. */
  constructor(breaker: Breaker, cooldown: Cooldown, keyCooldown: Cooldown, health?: Health) {
    this.breaker = breaker
    this.cooldown = cooldown
    this.#keyCooldown = keyCooldown
    this.#health = health
  }

  /** Whether it would be let in at `now`; takes nothing. */
  ready(now: number): boolean {
    if (this.#health?.healthy === false) return false
    return this.#keyCooldown.remaining(now) === 0 && this.cooldown.remaining(now) === 0 && this.breaker.state !== 'open'
  }

  /** Leave for one attempt, or why not. */
  admit(now: number): Permit | Refusal {
    const keyRests = this.#keyCooldown.remaining(now)
    if (keyRests > 0) return { reason: 'failing', waitMs: keyRests }
    const rests = this.cooldown.remaining(now)
    if (rests > 0) return { reason: 'limited', waitMs: rests }
    const admission = this.breaker.admit()
    if (admission === undefined) return { reason: 'failing', waitMs: Math.max(1, this.breaker.openForMs) }
    return {
      answered: ignore,
      settle: verdict => {
        admission.settle(verdict)
        this.freed.emit()
      },
    }
  }
}

function ignore(): void {}

export function isRefusal(answer: object): answer is Refusal {
  return 'reason' in answer
}
