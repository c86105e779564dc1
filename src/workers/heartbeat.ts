/** How often a worker is asked for a sign of life, ms. */
export const BEAT_MS = 10_000
/** As many as an orchestrator lets a probe fail: half a minute, longer than any of our own work takes. */
const MOST_MISSED = 3

/**
 * Counts signs of life that do not come. An event loop that hangs would otherwise keep its connections for ever: no probe sees it,
 * as new connections go to the others. Counted and not timed, so that a machine that slept does not find all workers dead.
 */
export class Heartbeat {
  #missed = 0

  /** One is asked for; false when too many did not come. */
  beat(): boolean {
    if (this.#missed === MOST_MISSED) return false
    this.#missed += 1
    return true
  }

  heard(): void {
    this.#missed = 0
  }
}
