/** Node's timers may fire up to a ms early: with shorter delays than this they would only be set again. */
const SHORTEST_DELAY = 2

/** One timer that can be moved; no timer at all while it is not set. */
export class Alarm {
  readonly #ring: () => void
  #timer: NodeJS.Timeout | undefined
  #at = Infinity

  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** Rings at `at`, and not when it was set to before; both times on one clock in ms. */
  set(at: number, now: number): void {
    if (at === this.#at) return
    clearTimeout(this.#timer)
    this.#at = at
    this.#timer = setTimeout(
      () => {
        this.#at = Infinity
        this.#ring()
      },
      Math.max(SHORTEST_DELAY, Math.ceil(at - now)),
    )
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#at = Infinity
  }
}
