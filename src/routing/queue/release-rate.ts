/** For how long a release counts, ms: long enough to even out bursts, short enough to notice a limit that has changed. */
const MEMORY = 10_000

/** Before that (ms) a rate is a guess: a few releases in its first moments, or a few that came back, would say anything. */
const UNKNOWN_FOR = 2_000

/**
 * How fast a queue has been let out while somebody waited: an average whose past fades exponentially, corrected for the time
 * that it has not lived yet. Times in ms on one monotonic clock.
 */
export class ReleaseRate {
  readonly #since: number
  #updatedAt: number
  #cost = 0

  constructor(now: number) {
    this.#since = now
    this.#updatedAt = now
  }

  /** So many tokens were let out; negative when they have come back unserved. */
  add(cost: number, now: number): void {
    this.#cost = Math.max(0, this.#faded(now) + cost)
    this.#updatedAt = now
  }

  /** Tokens a ms; 0 as long as it is not known. */
  perMs(now: number): number {
    const lived = now - this.#since
    if (lived < UNKNOWN_FOR) return 0
    return this.#faded(now) / (MEMORY * -Math.expm1(-lived / MEMORY))
  }

  #faded(now: number): number {
    return this.#cost * Math.exp((this.#updatedAt - now) / MEMORY)
  }
}
