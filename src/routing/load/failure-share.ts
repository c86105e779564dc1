/** Time constant (ms): an outcome loses 63 % of its weight in it. */
const DECAY = 10_000
/** Successes that every target is credited with, so that one failure decides nothing. */
const CREDIT = 1

/** The share of recent attempts that failed. Times in ms on one monotonic clock. */
export class FailureShare {
  #all = 0
  #failed = 0
  #at = 0

  note(failed: boolean, now: number): void {
    const kept = this.#kept(now)
    this.#all = this.#all * kept + 1
    this.#failed = this.#failed * kept + (failed ? 1 : 0)
    this.#at = now
  }

  /** From 0 to less than 1. */
  at(now: number): number {
    const kept = this.#kept(now)
    return (this.#failed * kept) / (this.#all * kept + CREDIT)
  }

  #kept(now: number): number {
    return Math.exp((this.#at - now) / DECAY)
  }
}
