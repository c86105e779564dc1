export interface EjectionSettings {
  /** Length of the first ejection, ms. */
  readonly openFor: number
  /** Most that repeated ejections grow to, ms; never less than `openFor`. */
  readonly maxOpenFor: number
}

/** Up to this share is taken off at random, so that several gateways do not all probe at the same moment. */
const JITTER = 0.2

/**
 * How long a breaker stays open: twice as long each time, as in Envoy's outlier detection. Each healthy period as long as the last
 * ejection halves the next one, so a vendor that fails every minute ends up being ejected for about a minute. Times in ms on one
 * monotonic clock.
 */
export class Ejection {
  readonly #random: () => number
  #doublings = 0
  #last = 0
  #healthySince: number | undefined

  /** `random` gives numbers from 0 to 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** The breaker has closed. */
  recovered(now: number): void {
    this.#healthySince = now
  }

  /** The breaker opens; returns for how many ms. */
  begin(now: number, { openFor, maxOpenFor }: EjectionSettings): number {
    const most = Math.max(openFor, maxOpenFor)
    if (this.#healthySince !== undefined) this.#forgive(now - this.#healthySince)
    this.#healthySince = undefined
    this.#last = Math.min(most, openFor * 2 ** this.#doublings)
    if (this.#last < most) this.#doublings += 1
    return this.#last * (1 - JITTER * this.#random())
  }

  #forgive(healthyMs: number): void {
    if (this.#last > 0) this.#doublings = Math.max(0, this.#doublings - Math.floor(healthyMs / this.#last))
  }
}
