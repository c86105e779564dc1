/** Node's timers may fire up to a ms early; shorter naps than this would only burn time. */
const SHORTEST_NAP = 2

/** One timer that can be moved; no timer at all while it is not set. */
export class Alarm {
  readonly #ring: () => void
  #timer: NodeJS.Timeout | undefined
  #at = Infinity

  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** Rings at `at` instead of whenever it would have; both on one clock in ms. */
  set(at: number, now: number): void {
    if (at === this.#at) return
    clearTimeout(this.#timer)
    this.#at = at
    this.#timer = setTimeout(
      () => {
        this.#at = Infinity
        this.#ring()
      },
      Math.max(SHORTEST_NAP, Math.ceil(at - now)),
    )
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#at = Infinity
  }
}
