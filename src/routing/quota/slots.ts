/** Weight of the last call in the mean duration. */
const WEIGHT = 0.1
/** Assumed duration of a call before one has ended, ms. */
const UNKNOWN_MS = 1_000

/** Counts the calls in flight. */
export class Slots {
  #taken = 0
  #meanMs = UNKNOWN_MS

  get taken(): number {
    return this.#taken
  }

  take(): void {
    this.#taken += 1
  }

  /** A call has ended after so many ms. */
  giveBack(durationMs: number): void {
    this.#taken -= 1
    this.#meanMs += (durationMs - this.#meanMs) * WEIGHT
  }

  /** Expected ms until one of the calls in flight ends (Little's law). */
  get expectedWaitMs(): number {
    return Math.max(1, this.#meanMs / Math.max(1, this.#taken))
  }
}
