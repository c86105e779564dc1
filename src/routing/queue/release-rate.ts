/** Time constant, ms: long enough to smooth bursts, short enough to follow a limit that changes. */
const MEMORY = 10_000

/** Before that (ms) the rate is unknown: a few releases would decide it. */
const UNKNOWN_FOR = 2_000

/**
 * The rate at which a queue was served while requests waited: an exponential moving average, corrected for the short time since it
 * began. Times in ms on one monotonic clock.
 */
export class ReleaseRate {
  readonly #since: number
  #updatedAt: number
  #cost = 0

  constructor(now: number) {
    this.#since = now
    this.#updatedAt = now
  }

  /** Counts tokens that were let out; negative when they have come back unserved. */
  add(cost: number, now: number): void {
    this.#cost = Math.max(0, this.#faded(now) + cost)
    this.#updatedAt = now
  }

  /** Tokens a ms; 0 while unknown. */
  perMs(now: number): number {
    const age = now - this.#since
    if (age < UNKNOWN_FOR) return 0
    return this.#faded(now) / (MEMORY * -Math.expm1(-age / MEMORY))
  }

  #faded(now: number): number {
    return this.#cost * Math.exp((this.#updatedAt - now) / MEMORY)
  }
}
