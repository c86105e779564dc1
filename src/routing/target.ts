import type { Reason } from '../call/fault.ts'
import type { ModelConfig } from '../config/config.ts'
import type { ModelFacts } from '../models/facts.ts'
import type { Provider } from '../providers/provider.ts'
import type { ExchangeTimeouts } from '../upstream/exchange.ts'
import type { Pool } from '../upstream/pool.ts'
import type { Affinity } from './affinity/affinity.ts'
import type { BreakerSettings } from './breaker/breaker.ts'
import type { Cooldown } from './breaker/cooldown.ts'
import type { Relief } from './degrade/relief.ts'
import type { Gate } from './gate.ts'
import type { Health } from './health/health.ts'
import type { TargetLoad } from './load/target-load.ts'
import type { Queue } from './queue/queue.ts'
import type { KeyLimitSettings } from './quota/key-limits.ts'
import type { HedgeRule } from './retry/hedge-rule.ts'
import type { RetryBudget } from './retry/retry-budget.ts'
import type { Price, StrategyName } from './strategies.ts'

/** A key of ours at a vendor. `index` names it wherever the key itself must not appear. */
export interface VendorKey {
  readonly index: number
  readonly secret: string | undefined
  /** Set while the vendor refuses this key. */
  readonly cooldown: Cooldown
}

/** A configured provider: who it is, how to reach it, and with which keys. */
export interface Vendor {
  readonly name: string
  readonly provider: Provider
  /** The two halves of the provider's base URL. */
  readonly origin: string
  readonly basePath: string
  readonly keys: readonly VendorKey[]
  readonly pool: Pool
  readonly timeouts: ExchangeTimeouts
  readonly breaker: BreakerSettings
  /** Absent where it is not checked. */
  readonly health: Health | undefined
  /** What it allows each key. */
  readonly limits: KeyLimitSettings
  readonly adaptiveConcurrency: boolean
  /** What is known of its model of this name. */
  facts(model: string): ModelFacts
}

/** Who can answer: a vendor with one of its models. */
export interface Target {
  /** `provider/model`: unique, and what `x-sluice-target` says. */
  readonly id: string
  readonly vendor: Vendor
  readonly model: string
  readonly weight: number
  /** Pays for the attempts that follow a failure of this target. */
  readonly retryBudget: RetryBudget
  readonly price?: Price | undefined
  readonly facts: ModelFacts
  /** How busy, fast and well it is: one for all routes that lead to it. */
  readonly load: TargetLoad
  /** Its place in the hashing of affinity. */
  readonly seed: number
  /** Running sum of the weighted strategy; changes. */
  due: number
  /** The target with each of the vendor's keys. */
  readonly candidates: readonly Candidate[]
  /** Which of them the last request began with; changes. */
  turn: number
  /** In the config by name; other targets share one metric label. */
  readonly configured: boolean
}

/** A target with the key to use: what one attempt goes to. */
export interface Candidate {
  readonly target: Target
  readonly key: VendorKey
  readonly gate: Gate
}

/** A name that clients may ask for, and who answers it. */
export interface Route {
  readonly name: string
  readonly strategy: StrategyName
  /** Keeps calls that belong together on one target. */
  readonly affinity?: Affinity | undefined
  readonly targets: readonly Target[]
  /** Upstream attempts for one client request. */
  readonly attempts: number
  /** What a target's dialect cannot say is refused, not left out. */
  readonly strict?: boolean
  /** Answers are kept, and equal calls shared. */
  readonly cache?: ModelConfig['cache']
  /** Its only target may be asked again after a failure that may pass. */
  readonly retrySameTarget?: boolean
  /** When a second target is asked before the first has answered. */
  readonly hedge?: HedgeRule | undefined
  /** Where requests wait while all targets are at their limits; lives and ends with its snapshot. */
  readonly queue?: Queue | undefined
  readonly standby?: Standby | undefined
  /** Set where only who gave an earlier response can be asked. */
  readonly pin?: Pin
}

/** To whom a request is held that goes on from what one vendor keeps. */
interface Pin {
  /** The target's id. */
  readonly keeper: string
  /** The step by which it stands in for the model that was asked for; undefined for a target of the model's own. */
  readonly step: string | undefined
}

/** What stands ready for when a model's own targets cannot answer as they were asked. */
export interface Standby {
  /** The models to ask instead, in order, by why. */
  readonly models: Readonly<Record<'down' | Reason, readonly string[]>>
  /** Asked when nobody else is left, whatever its breaker says. */
  readonly lastResort: Target | undefined
  /** Words to answer with when nobody can. */
  readonly canned: string | undefined
  /** What is done for less under lasting pressure. */
  readonly relief: Relief | undefined
}
