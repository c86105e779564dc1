import { Breaker, type BreakerSettings, type BreakerState } from './breaker.ts'
import { Cooldown } from './cooldown.ts'
import { Health, type HealthSettings } from './health.ts'
import { RetryBudget, type RetryBudgetSettings } from './retry-budget.ts'
import { TargetLoad } from './target-load.ts'

/** What metrics and log lines call a breaker; `model` is `other` for names that are not in the config. */
export interface BreakerLabels {
  readonly provider: string
  readonly model: string
  readonly key: string
}

/** Called at each change of state. */
export type StateListener = (labels: BreakerLabels, state: BreakerState) => void

/** What is known of breakers, targets and providers, by what it belongs to, so that it outlives the snapshot that asked for it. */
export class Breakers {
  readonly #breakers = new Map<string, Breaker>()
  readonly #cooldowns = new Map<string, Cooldown>()
  readonly #retryBudgets = new Map<string, RetryBudget>()
  readonly #loads = new Map<string, TargetLoad>()
  readonly #healths = new Map<string, Health>()
  readonly #now: () => number
  readonly #random: () => number
  /** What retry budgets are made with from now on. */
  retries: RetryBudgetSettings = { ratio: 0.2, minPerSecond: 1 }
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

  /** What pays for the attempts that follow a failure of this target. */
  retryBudget(target: string): RetryBudget {
    let budget = this.#retryBudgets.get(target)
    if (budget === undefined) {
      budget = new RetryBudget(this.retries)
      this.#retryBudgets.set(target, budget)
    }
    return budget
  }

  /** How busy and fast this target is: one for all routes and keys. */
  load(target: string): TargetLoad {
    let load = this.#loads.get(target)
    if (load === undefined) {
      load = new TargetLoad()
      this.#loads.set(target, load)
    }
    return load
  }

  /** Forgets what is known of a target as a whole. */
  dropTarget(target: string): void {
    this.#retryBudgets.delete(target)
    this.#loads.delete(target)
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
