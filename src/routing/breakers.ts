import { Breaker, type BreakerSettings, type BreakerState } from './breaker.ts'
import { Cooldown } from './cooldown.ts'
import { Health, type HealthSettings } from './health.ts'

/** What metrics and log lines call a breaker; `model` is `other` for names that are not in the config. */
export interface BreakerLabels {
  readonly provider: string
  readonly model: string
  readonly key: string
}

/** Called at each change of state. */
export type StateListener = (labels: BreakerLabels, state: BreakerState) => void

/** The breakers, cooldowns and health of the process, by what they belong to: they outlive the snapshot that asked for them. */
export class Breakers {
  readonly #breakers = new Map<string, Breaker>()
  readonly #cooldowns = new Map<string, Cooldown>()
  readonly #healths = new Map<string, Health>()
  readonly #now: () => number
  readonly #random: () => number
  #listener: StateListener = () => {}

  /** `now` is a monotonic clock in ms; `random` gives numbers from 0 to 1. */
  constructor(now: () => number, random: () => number = Math.random) {
    this.#now = now
    this.#random = random
  }

  /** Breakers that are kept at the moment. */
  get size(): number {
    return this.#breakers.size
  }

  onState(listener: StateListener): void {
    this.#listener = listener
  }

  /** The breaker of this id, made at the first asking; from now on with these settings. */
  get(id: string, settings: BreakerSettings, labels: BreakerLabels): Breaker {
    let breaker = this.#breakers.get(id)
    if (breaker === undefined) {
      breaker = new Breaker(settings, state => this.#listener(labels, state), this.#now, this.#random)
      this.#breakers.set(id, breaker)
    }
    breaker.settings = settings
    return breaker
  }

  /** How long what this id names is left alone: one for all routes that lead to it. */
  cooldown(id: string): Cooldown {
    let cooldown = this.#cooldowns.get(id)
    if (cooldown === undefined) {
      cooldown = new Cooldown()
      this.#cooldowns.set(id, cooldown)
    }
    return cooldown
  }

  /** The health of this provider, good at the first asking; from now on with these settings. */
  health(provider: string, settings: HealthSettings): Health {
    let health = this.#healths.get(provider)
    if (health === undefined) {
      health = new Health(settings)
      this.#healths.set(provider, health)
    }
    health.settings = settings
    return health
  }

  drop(id: string): void {
    this.#breakers.get(id)?.shutdown()
    this.#breakers.delete(id)
    this.#cooldowns.delete(id)
  }

  shutdown(): void {
    for (const breaker of this.#breakers.values()) breaker.shutdown()
    this.#breakers.clear()
  }
}
