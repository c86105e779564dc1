export interface HealthSettings {
  /** From one check to the next, ms. */
  readonly interval: number
  /** How long a check may take, ms. */
  readonly timeout: number
  /** Failed checks in a row that make a provider unhealthy. */
  readonly unhealthyAfter: number
  /** Good checks in a row that make it healthy again. */
  readonly healthyAfter: number
  /** Where a route has no healthy target: use all the same (the checks may be what is broken), or refuse. */
  readonly whenAllUnhealthy: 'use-all' | 'refuse'
  /** The vendor's name of the model that gets a billed prompt as a check; unset, a check costs nothing. */
  readonly ask?: string | undefined
}

/** A provider's health by its checks; good until they say otherwise. */
export class Health {
  /** May be replaced at any time. */
  settings: HealthSettings
  #healthy = true
  /** Checks in a row that contradict the state. */
  #contrary = 0

  constructor(settings: HealthSettings) {
    this.settings = settings
  }

  get healthy(): boolean {
    return this.#healthy
  }

  /** Takes the result of a check; returns whether the state has changed by it. */
  report(good: boolean): boolean {
    this.#contrary = good === this.#healthy ? 0 : this.#contrary + 1
    const { unhealthyAfter, healthyAfter } = this.settings
    if (this.#contrary < (this.#healthy ? unhealthyAfter : healthyAfter)) return false
    this.#healthy = good
    this.#contrary = 0
    return true
  }
}
