import type { ResponseHeaders } from '../upstream/outcome.ts'
import type { Admission, Breaker, Verdict } from './breaker/breaker.ts'
import type { Cooldown } from './breaker/cooldown.ts'
import type { Health } from './health/health.ts'
import type { Signal } from './queue/signal.ts'
import type { Allowance, Hold } from './quota/allowance.ts'

/** Told (ms) to who comes while silent probes keep others out of a half-open breaker: nobody knows when they end. */
const SILENT_PROBES_MS = 1_000

/**
 * Why a candidate is not to be asked now. `limited`: it is at a limit (that of a half-open breaker's probes is one), and waiting
 * helps. `failing`: it cannot be counted on.
 */
export interface Refusal {
  readonly reason: 'limited' | 'failing'
  /** Until it may be asked, ms; never 0. */
  readonly waitMs: number
  /** That moment is set by ourselves, and no guess. */
  readonly exact?: true
}

/** Leave to ask a candidate once. */
export interface Permit {
  /** The head of the answer has come, good or bad; `streamed` where a stream follows. */
  answered(headers: ResponseHeaders, streamed?: boolean): void
  /** The vendor has too many calls: its answer says so, or is late. Comes before `settle`. */
  overloaded(): void
  /** What the call has used, in tokens, once that is known; before or after `settle`. */
  used(tokens: number): void
  /** It was given up while the vendor was at work, so what it has used will never be known. Comes before `settle`. */
  keep(): void
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
  /** Tell when `admit` may answer otherwise: an attempt has ended, or the breaker has entered another state. */
  readonly changes: readonly Signal[]
  readonly #allowance: Allowance

  /** `keyCooldown` runs while the vendor refuses the key, whatever is asked with it. */
  constructor(breaker: Breaker, cooldown: Cooldown, keyCooldown: Cooldown, allowance: Allowance, health?: Health) {
    this.breaker = breaker
    this.cooldown = cooldown
    this.#keyCooldown = keyCooldown
    this.#allowance = allowance
    this.changes = [allowance.key.freed, breaker.changed]
    this.#health = health
  }

  /** Whether it would be let in at `now`; takes nothing. */
  ready(now: number): boolean {
    return this.well(now) && this.#allowance.ready(now)
  }

  /** Whether it would be let in at `now` but for the limits that we keep to. */
  well(now: number): boolean {
    return (
      this.#health?.healthy !== false &&
      this.#keyCooldown.remaining(now) === 0 &&
      this.cooldown.remaining(now) === 0 &&
      this.breaker.state !== 'open'
    )
  }

  /** Of the vendor's limit that is nearest to its end, the share (0..1) that is used up at `now`, as its answers say. */
  spent(now: number): number {
    return this.#allowance.quota.spent(now)
  }

  /** Leave for one attempt that will cost about `tokens` tokens, or why not. */
  admit(now: number, tokens = 0): Permit | Refusal {
    const keyRests = this.#keyCooldown.remaining(now)
    if (keyRests > 0) return { reason: 'failing', waitMs: keyRests }
    const rests = this.cooldown.remaining(now)
    if (rests > 0) return { reason: 'limited', waitMs: rests }
    const admission = this.breaker.admit()
    if (admission === undefined) return this.#broken()
    const hold = this.#allowance.take(now, tokens)
    if (typeof hold === 'number') {
      admission.settle('neutral')
      return { reason: 'limited', waitMs: hold }
    }
    return new Leave(admission, hold)
  }

  #broken(): Refusal {
    const { state, openForMs, newsWithinMs } = this.breaker
    // It may be due while its timer has yet to fire: who was told to come now waits for 1 ms more.
    if (state === 'open') return { reason: 'failing', waitMs: Math.max(1, openForMs), exact: true }
    if (newsWithinMs > 0) return { reason: 'limited', waitMs: newsWithinMs }
    return { reason: 'failing', waitMs: SILENT_PROBES_MS }
  }

  /**
   * Room for a prompt of our own of about `tokens` tokens, past the breaker, which is neither asked nor told; undefined while
   * the vendor refuses or limits us, and where the call would be beyond a limit. What is taken must be settled.
   */
  admitCheck(now: number, tokens: number): Hold | undefined {
    if (this.#keyCooldown.remaining(now) > 0 || this.cooldown.remaining(now) > 0) return undefined
    const hold = this.#allowance.take(now, tokens)
    return typeof hold === 'number' ? undefined : hold
  }
}

class Leave implements Permit {
  readonly #admission: Admission
  readonly #hold: Hold

  constructor(admission: Admission, hold: Hold) {
    this.#admission = admission
    this.#hold = hold
  }

  answered(headers: ResponseHeaders, streamed = false): void {
    this.#hold.answered(headers, streamed)
  }

  overloaded(): void {
    this.#hold.overloaded()
  }

  used(tokens: number): void {
    this.#hold.used(tokens)
  }

  keep(): void {
    this.#hold.keep()
  }

  settle(verdict: Verdict): void {
    this.#admission.settle(verdict)
    this.#hold.settle(verdict !== 'bad' && verdict !== 'neutral')
  }
}

export function isRefusal(answer: object): answer is Refusal {
  return 'reason' in answer
}
