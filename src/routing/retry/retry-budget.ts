export interface RetryBudgetSettings {
  /** Retries allowed for each first attempt of the last ten seconds. */
  readonly ratio: number
  /** Retries a second that are allowed however few first attempts there are. */
  readonly minPerSecond: number
}

/** Length of the window, in seconds: Finagle's. */
const WINDOW = 10

/**
 * Bounds the load that retries add: as in Finagle's RetryBudget, the first attempts of the last ten seconds pay for them, so that an
 * overloaded vendor gets hardly more calls than clients make, while a short bad patch is paid for from what was saved.
 */
export class RetryBudget {
  /** May be replaced at any time. */
  settings: RetryBudgetSettings
  readonly #deposits = new Float64Array(WINDOW)
  readonly #withdrawals = new Float64Array(WINDOW)
  /** The current second of the clock. */
  #second = 0

  constructor(settings: RetryBudgetSettings) {
    this.settings = settings
  }

  /** A first attempt was made at `now` (ms, monotonic). */
  deposit(now: number): void {
    const slot = this.#slot(now)
    this.#deposits[slot] = (this.#deposits[slot] as number) + 1
  }

  /** Whether a retry could be paid for; pays nothing. */
  affords(now: number): boolean {
    this.#slot(now)
    const { ratio, minPerSecond } = this.settings
    return sum(this.#deposits) * ratio + minPerSecond * WINDOW - sum(this.#withdrawals) >= 1
  }

  /** Pays for a retry; false where the budget is used up. */
  withdraw(now: number): boolean {
    if (!this.affords(now)) return false
    const slot = this.#slot(now)
    this.#withdrawals[slot] = (this.#withdrawals[slot] as number) + 1
    return true
  }

  /** The slot of the current second, after clearing those that are older than the window. */
  #slot(now: number): number {
    const second = Math.floor(now / 1000)
    for (let due = Math.max(this.#second + 1, second - WINDOW + 1); due <= second; due += 1) {
      this.#deposits[due % WINDOW] = 0
      this.#withdrawals[due % WINDOW] = 0
    }
    this.#second = second
    return second % WINDOW
  }
}

function sum(counts: Float64Array): number {
  let total = 0
  for (const count of counts) total += count
  return total
}
