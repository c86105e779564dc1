/** Weight of the last call in the mean duration. */
const WEIGHT = 0.1
/** What a call is taken to last before one has ended, ms. */
const UNKNOWN_MS = 1_000

/** Counts the calls that are under way. */
export class Slots {
  #taken = 0
  #meanMs = UNKNOWN_MS

  get taken(): number {
    return this.#taken
  }

  take(): void {
    this.#taken += 1
  }

  /** A call has ended that took so many ms. */
  giveBack(durationMs: number): void {
    this.#taken -= 1
    this.#meanMs += (durationMs - this.#meanMs) * WEIGHT
  }

  /** About how many ms it takes until one of the calls that are under way ends (Little's law). */
  get turnMs(): number {
    return Math.max(1, this.#meanMs / Math.max(1, this.#taken))
  }
}
