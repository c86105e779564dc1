/** How long a key is left alone after the vendor has refused it, ms. */
export const KEY_COOLDOWN = 60_000

/** A time during which something is left alone. Times in ms on one monotonic clock. */
export class Cooldown {
  #until = 0

  /** Leaves it alone for `ms` from `now`; a longer time that is running already is kept. */
  extend(now: number, ms: number): void {
    this.#until = Math.max(this.#until, now + ms)
  }

  /** Ms left at `now`, 0 when it is over. */
  remaining(now: number): number {
    return Math.max(0, this.#until - now)
  }
}
