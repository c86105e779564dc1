/** When a step is taken, and when it is taken back. */
export interface LadderSettings {
  /** How many steps there are. */
  readonly steps: number
  /** From this pressure on, 0..1, a step is due. */
  readonly pressure: number
  /** How long the pressure must last before each step down, ms. */
  readonly after: number
  /** How long it must be gone before each step up, ms. */
  readonly recoverAfter: number
}

/**
 * How far a model is degraded, with hysteresis: one step at a time, and only after its condition has held without interruption, so
 * that answers do not alternate with a pressure that comes and goes.
 */
export class Ladder {
  /** May be replaced at any time. */
  settings: LadderSettings
  #taken = 0
  #pressed = false
  /** Since when the condition has held; reset at each step. */
  #since = 0

  constructor(settings: LadderSettings) {
    this.settings = settings
  }

  /** The number of steps taken at `now` (ms, monotonic) under this pressure (0..1). Requests call it: there is no timer. */
  steps(pressure: number, now: number): number {
    const { steps, pressure: limit, after, recoverAfter } = this.settings
    const pressed = pressure >= limit
    if (pressed !== this.#pressed) {
      this.#pressed = pressed
      this.#since = now
    }
    if (now - this.#since >= (pressed ? after : recoverAfter)) {
      this.#taken = pressed ? Math.min(steps, this.#taken + 1) : Math.max(0, this.#taken - 1)
      this.#since = now
    }
    return Math.min(steps, this.#taken)
  }
}
