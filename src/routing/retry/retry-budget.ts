export interface RetryBudgetSettings {
  /** Second tries for each first one of the last ten seconds. */
  readonly ratio: number
  /** Second tries a second that are allowed however few first ones there are. */
  readonly minPerSecond: number
}

/** Length of the window, in seconds: Finagle's. */
const WINDOW = 10

/**
 * Bounds the load that second tries add: as Finagle's RetryBudget, first tries of the last ten seconds pay for them, so that a
 * vendor on its knees is asked by hardly more calls than clients make, and a short bad patch is paid for from what was saved.
 */
export class RetryBudget {
  /** May be replaced at any time. */
  settings: RetryBudgetSettings
  readonly #deposits = new Float64Array(WINDOW)
  readonly #withdrawals = new Float64Array(WINDOW)
  /** The second, on the clock, that is counted now. */
  #second = 0

  constructor(settings: RetryBudgetSettings) {
    this.settings = settings
  }

  /** A first try was made at `now` (ms, monotonic). */
  deposit(now: number): void {
    const slot = this.#slot(now)
    this.#deposits[slot] = (this.#deposits[slot] as number) + 1
  }

  /** Whether a second try could be paid; pays nothing. */
  affords(now: number): boolean {
    this.#slot(now)
    const { ratio, minPerSecond } = this.settings
    return sum(this.#deposits) * ratio + minPerSecond * WINDOW - sum(this.#withdrawals) >= 1
  }

  /** Pays for a second try; false where it cannot be paid. */
  withdraw(now: number): boolean {
    if (!this.affords(now)) return false
    const slot = this.#slot(now)
    this.#withdrawals[slot] = (this.#withdrawals[slot] as number) + 1
    return true
  }

  /** The place of the present second; what stood there is older than the window. */
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
