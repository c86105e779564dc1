import { getOrCreate } from '../get-or-create.ts'
import { Breaker, type BreakerSettings, type BreakerState } from './breaker/breaker.ts'
import { Cooldown } from './breaker/cooldown.ts'
import { Ladder, type LadderSettings } from './degrade/ladder.ts'
import { Health, type HealthSettings } from './health/health.ts'
import { TargetLoad } from './load/target-load.ts'
import { Allowances, type CandidateLabels } from './quota/allowances.ts'
import { RetryBudget, type RetryBudgetSettings } from './retry/retry-budget.ts'

interface Entry {
  readonly breaker: Breaker
  labels: CandidateLabels
}

/** Called at each change of a breaker's state. */
type StateListener = (labels: CandidateLabels, state: BreakerState) => void

/**
 * What the process has learned of models, providers, targets and keys (breakers, cooldowns, load, health, limits), by their ids. It
 * outlives the snapshots, so that a reload forgets nothing.
 */
export class RoutingState {
  readonly allowances: Allowances
  readonly #breakers = new Map<string, Entry>()
  readonly #cooldowns = new Map<string, Cooldown>()
  readonly #retryBudgets = new Map<string, RetryBudget>()
  readonly #loads = new Map<string, TargetLoad>()
  readonly #healths = new Map<string, Health>()
  readonly #ladders = new Map<string, Ladder>()
  readonly #now: () => number
  readonly #random: () => number
  /** Settings of the retry budgets that are looked up from now on. */
  retries: RetryBudgetSettings = { ratio: 0.2, minPerSecond: 1 }
  #listener: StateListener = () => {}
  #dropListener: (labels: CandidateLabels) => void = () => {}

  /** `now` is a monotonic clock in ms; `random` gives numbers from 0 to 1; `share` is this process's part of the vendors' limits. */
  constructor(now: () => number, random: () => number = Math.random, share = 1) {
    this.#now = now
    this.#random = random
    this.allowances = new Allowances(now, share)
  }

  /** Number of breakers. */
  get size(): number {
    return this.#breakers.size
  }

  onState(listener: StateListener): void {
    this.#listener = listener
  }

  /** Called when there is no breaker of these labels any more. */
  onDrop(listener: (labels: CandidateLabels) => void): void {
    this.#dropListener = listener
  }

  /** The breaker of this id, created when first needed; takes these settings and labels. */
  breaker(id: string, settings: BreakerSettings, labels: CandidateLabels): Breaker {
    const entry = this.#breakers.get(id) ?? this.#create(id, settings, labels)
    entry.breaker.settings = settings
    if (entry.labels.model !== labels.model) this.#dropListener(entry.labels)
    entry.labels = labels
    return entry.breaker
  }

  #create(id: string, settings: BreakerSettings, labels: CandidateLabels): Entry {
    const onState = (state: BreakerState) => this.#listener(entry.labels, state)
    const entry: Entry = { breaker: new Breaker(settings, onState, this.#now, this.#random), labels }
    this.#breakers.set(id, entry)
    return entry
  }

  /** The cooldown of this id, shared by all routes that lead to it. */
  cooldown(id: string): Cooldown {
    return getOrCreate(this.#cooldowns, id, () => new Cooldown())
  }

  /** The health of this provider, at first good; takes these settings. */
  health(provider: string, settings: HealthSettings): Health {
    return withSettings(this.#healths, provider, settings, Health)
  }

  /** Pays for the attempts that follow a failure of this target. */
  retryBudget(target: string): RetryBudget {
    return withSettings(this.#retryBudgets, target, this.retries, RetryBudget)
  }

  /** How busy and fast this target is: one for all routes and keys. */
  load(target: string): TargetLoad {
    return getOrCreate(this.#loads, target, () => new TargetLoad())
  }

  /** How far this model is degraded; takes these settings. */
  ladder(model: string, settings: LadderSettings): Ladder {
    return withSettings(this.#ladders, model, settings, Ladder)
  }

  /** Drops everything but what is kept under these ids: models, providers and targets, and either of the last two with a key. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of [...this.#breakers.keys()]) if (!ids.has(id)) this.drop(id)
    for (const map of [this.#retryBudgets, this.#loads, this.#healths, this.#ladders]) {
      for (const id of map.keys()) if (!ids.has(id)) map.delete(id)
    }
    this.allowances.retain(ids)
  }

  /** Drops what is kept of a target as a whole, whatever the key. */
  dropTarget(target: string): void {
    this.#retryBudgets.delete(target)
    this.#loads.delete(target)
  }

  /** Drops what is kept of a target with one key. */
  drop(id: string): void {
    const entry = this.#breakers.get(id)
    if (entry !== undefined) {
      entry.breaker.shutdown()
      this.#breakers.delete(id)
      this.#dropListener(entry.labels)
    }
    this.#cooldowns.delete(id)
    this.allowances.drop(id)
  }

  shutdown(): void {
    for (const { breaker } of this.#breakers.values()) breaker.shutdown()
    this.#breakers.clear()
  }
}

/** The entry of a key, created when first needed, with these settings: a reload may have changed them. */
function withSettings<Settings, Entry extends { settings: Settings }>(
  entries: Map<string, Entry>,
  key: string,
  settings: Settings,
  Type: new (settings: Settings) => Entry,
): Entry {
  const entry = getOrCreate(entries, key, () => new Type(settings))
  entry.settings = settings
  return entry
}
