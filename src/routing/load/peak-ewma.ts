/** Time constant (ms): a sample loses 63 % of its weight in it; Finagle's default. */
const DECAY = 10_000

/**
 * An average that is sensitive to peaks: a sample above it takes its place at once, one below draws it down by as much as
 * time has passed since the last, and in silence it fades, so that a slow target is tried again. Finagle's `PeakEwma`
 * (twitter/finagle, finagle-core/.../loadbalancer/PeakEwma.scala), which Linkerd balances with. Times in ms on one monotonic clock.
 */
export class PeakEwma {
  #value = 0
  #at = -Infinity

  /** As it stood at the last sample; undefined before the first. */
  get last(): number | undefined {
    return this.#at === -Infinity ? undefined : this.#value
  }

  /** As it stands at `now`; 0 before the first sample. */
  faded(now: number): number {
    return this.#value * this.#kept(now)
  }

  observe(sample: number, now: number): void {
    const kept = this.#kept(now)
    this.#value = Math.max(sample, this.#value * kept + sample * (1 - kept))
    this.#at = now
  }

  #kept(now: number): number {
    return Math.exp((this.#at - now) / DECAY)
  }
}
