/** Of a key that the vendor has refused, ms. */
export const KEY_COOLDOWN = 60_000

/** A time during which a key or a target is not used. Times in ms on one monotonic clock. */
export class Cooldown {
  #until = 0

  /** Lasts at least `ms` from `now`; never shortens what is running. */
  extend(now: number, ms: number): void {
    this.#until = Math.max(this.#until, now + ms)
  }

  /** Ms left at `now`, 0 when it is over. */
  remaining(now: number): number {
    return Math.max(0, this.#until - now)
  }
}
