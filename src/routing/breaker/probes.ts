/** An attempt that finds out whether a target is well again; `startedAt` in ms on a monotonic clock. */
export interface Probe {
  readonly startedAt: number
}

/** A probe that has not ended after this long (ms) no longer keeps others out; its outcome still counts when it comes. */
const PATIENCE = 60_000
/** A probe that has been silent for so long (ms) may hang: nobody is to wait for what it finds any more. */
const NEWS_WITHIN = 1_000

/** The attempts that a half-open breaker lets through: few at a time, and none of them can keep the others out for ever. */
export class Probes {
  readonly #running = new Set<Probe>()
  #good = 0

  /** A probe that may start at `now`, or undefined while `most` are on their way. */
  begin(now: number, most: number): Probe | undefined {
    for (const probe of this.#running) if (now - probe.startedAt >= PATIENCE) this.#running.delete(probe)
    if (this.#running.size >= most) return undefined
    const probe = { startedAt: now }
    this.#running.add(probe)
    return probe
  }

  /** How long (ms) it still makes sense to wait for what the latest probe finds; 0 when none is on its way. */
  newsWithin(now: number): number {
    const latest = [...this.#running].at(-1)
    return latest === undefined ? 0 : Math.max(0, latest.startedAt + NEWS_WITHIN - now)
  }

  /** Its place is free again. Returns how many have ended well by now. */
  end(probe: Probe, good: boolean): number {
    this.#running.delete(probe)
    if (good) this.#good += 1
    return this.#good
  }

  /** The state of the breaker has changed: nothing of before counts. */
  clear(): void {
    this.#running.clear()
    this.#good = 0
  }
}
