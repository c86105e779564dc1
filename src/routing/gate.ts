import type { ResponseHeaders } from '../upstream/outcome.ts'
import type { Admission, Breaker, Verdict } from './breaker/breaker.ts'
import type { Cooldown } from './breaker/cooldown.ts'
import type { Health } from './health/health.ts'
import type { Signal } from './queue/signal.ts'
import type { Allowance, Hold } from './quota/allowance.ts'

/** Wait (ms) that is reported while slow probes keep others out of a half-open breaker: nobody knows when they end. */
const SILENT_PROBES_MS = 1_000

/**
 * Why a candidate must not be tried now. `limited`: it is at a limit (the number of a half-open breaker's probes is one), so waiting
 * helps. `failing`: it cannot be relied on.
 */
export interface Refusal {
  readonly reason: 'limited' | 'failing'
  /** Until it may be tried, ms; never 0. */
  readonly waitMs: number
  /** The wait is a timer of ours, not a guess. */
  readonly exact?: true
}

/** Permission for one attempt at a candidate. */
export interface Permit {
  /** The head of the answer has come, good or bad; `streamed` where a stream follows. */
  answered(headers: ResponseHeaders, streamed?: boolean): void
  /** The vendor is overloaded: its answer says so, or is late. Comes before `settle`. */
  overloaded(): void
  /** The tokens that the call has used, once known; before or after `settle`. */
  used(tokens: number): void
  /** It was given up while the vendor was at work, so the tokens it used will never be known. Comes before `settle`. */
  keep(): void
  /** The answer has ended. Must be called; only the first call counts. */
  settle(verdict: Verdict): void
}

/** Decides whether one provider x model x key may be tried: breaker, cooldowns, health and limits. Times in ms on one monotonic clock. */
export class Gate {
  readonly breaker: Breaker
  /** Runs while the vendor rate-limits us. */
  readonly cooldown: Cooldown
  readonly #keyCooldown: Cooldown
  readonly #health: Health | undefined
  /** Emit when `admit` may decide otherwise: an attempt has ended, or the breaker has changed its state. */
  readonly changes: readonly Signal[]
  readonly #allowance: Allowance

  /** `keyCooldown` runs while the vendor refuses the key, whatever the model. */
  constructor(breaker: Breaker, cooldown: Cooldown, keyCooldown: Cooldown, allowance: Allowance, health?: Health) {
    this.breaker = breaker
    this.cooldown = cooldown
    this.#keyCooldown = keyCooldown
    this.#allowance = allowance
    this.changes = [allowance.key.freed, breaker.changed]
    this.#health = health
  }

  /** Whether an attempt would be admitted at `now`; takes nothing. */
  ready(now: number): boolean {
    return this.well(now) && this.#allowance.ready(now)
  }

  /** As `ready`, apart from the limits. */
  well(now: number): boolean {
    return (
      this.#health?.healthy !== false &&
      this.#keyCooldown.remaining(now) === 0 &&
      this.cooldown.remaining(now) === 0 &&
      this.breaker.state !== 'open'
    )
  }

  /** How much (0..1) of the vendor's quota is used up at `now`, by the limit of which least is left. */
  spent(now: number): number {
    return this.#allowance.quota.spent(now)
  }

  /** Permission for one attempt that will cost about `tokens` tokens, or why not. */
  admit(now: number, tokens = 0): Permit | Refusal {
    const keyCooldown = this.#keyCooldown.remaining(now)
    if (keyCooldown > 0) return { reason: 'failing', waitMs: keyCooldown }
    const cooldown = this.cooldown.remaining(now)
    if (cooldown > 0) return { reason: 'limited', waitMs: cooldown }
    const admission = this.breaker.admit()
    if (admission === undefined) return this.#breakerRefusal()
    const hold = this.#allowance.take(now, tokens)
    if (typeof hold === 'number') {
      admission.settle('neutral')
      return { reason: 'limited', waitMs: hold }
    }
    return new AttemptPermit(admission, hold)
  }

  #breakerRefusal(): Refusal {
    const { state, openForMs, probeWaitMs } = this.breaker
    // Its time may be over while its timer has yet to fire; a wait is never 0.
    if (state === 'open') return { reason: 'failing', waitMs: Math.max(1, openForMs), exact: true }
    if (probeWaitMs > 0) return { reason: 'limited', waitMs: probeWaitMs }
    return { reason: 'failing', waitMs: SILENT_PROBES_MS }
  }

  /**
   * Room for a health check's prompt of about `tokens` tokens. Bypasses the breaker; undefined during a cooldown, and where the call
   * would exceed a limit. What is taken must be settled.
   */
  admitCheck(now: number, tokens: number): Hold | undefined {
    if (this.#keyCooldown.remaining(now) > 0 || this.cooldown.remaining(now) > 0) return undefined
    const hold = this.#allowance.take(now, tokens)
    return typeof hold === 'number' ? undefined : hold
  }
}

class AttemptPermit implements Permit {
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
