/** An attempt that finds out whether a target has recovered; `startedAt` in ms on a monotonic clock. */
export interface Probe {
  readonly startedAt: number
}

/** A probe that has not ended after this long (ms) frees its slot; its outcome still counts when it comes. */
const PATIENCE = 60_000
/** A probe that has taken this long (ms) may hang: it is not worth waiting for any more. */
const WORTH_WAITING = 1_000

/** The attempts that a half-open breaker admits: few at a time, and none can hold its slot forever. */
export class Probes {
  readonly #running = new Set<Probe>()
  #good = 0

  /** A probe that starts at `now`, or undefined while `most` are in flight. */
  begin(now: number, most: number): Probe | undefined {
    for (const probe of this.#running) if (now - probe.startedAt >= PATIENCE) this.#running.delete(probe)
    if (this.#running.size >= most) return undefined
    const probe = { startedAt: now }
    this.#running.add(probe)
    return probe
  }

  /** How long (ms) it is still worth waiting for the outcome of the latest probe; 0 when none is in flight. */
  waitMs(now: number): number {
    const latest = [...this.#running].at(-1)
    return latest === undefined ? 0 : Math.max(0, latest.startedAt + WORTH_WAITING - now)
  }

  /** Frees its slot. Returns how many probes have succeeded by now. */
  end(probe: Probe, good: boolean): number {
    this.#running.delete(probe)
    if (good) this.#good += 1
    return this.#good
  }

  /** The breaker has changed its state. */
  clear(): void {
    this.#running.clear()
    this.#good = 0
  }
}
