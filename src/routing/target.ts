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

/** An API key of ours at a vendor. `index` names it wherever the key itself must not appear. */
export interface VendorKey {
  readonly index: number
  readonly secret: string | undefined
  /** Runs while the vendor refuses this key. */
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
  /** Undefined without health checks. */
  readonly health: Health | undefined
  /** What it allows each key. */
  readonly limits: KeyLimitSettings
  readonly adaptiveConcurrency: boolean
  /** What is known of its model of this name. */
  facts(model: string): ModelFacts
}

/** Where a call can be sent: a vendor with one of its models. */
export interface Target {
  /** `provider/model`: unique, and what `x-sluice-target` says. */
  readonly id: string
  readonly vendor: Vendor
  readonly model: string
  readonly weight: number
  /** Pays for the retries that follow a failure of this target. */
  readonly retryBudget: RetryBudget
  readonly price?: Price | undefined
  readonly facts: ModelFacts
  /** Its load, latency and failures, shared by all routes that lead to it. */
  readonly load: TargetLoad
  /** Its hash for rendezvous hashing. */
  readonly seed: number
  /** Running sum of the weighted strategy; changes. */
  due: number
  /** The target with each of the vendor's keys. */
  readonly candidates: readonly Candidate[]
  /** Index of the candidate that the last request began with; changes. */
  turn: number
  /** Named in the config; all other targets share one metric label. */
  readonly configured: boolean
}

/** A target with the key to use: what one attempt goes to. */
export interface Candidate {
  readonly target: Target
  readonly key: VendorKey
  readonly gate: Gate
}

/** A model name that clients may request, and its targets. */
export interface Route {
  readonly name: string
  readonly strategy: StrategyName
  /** Keeps calls that belong together on one target. */
  readonly affinity?: Affinity | undefined
  readonly targets: readonly Target[]
  /** Upstream attempts for one client request. */
  readonly attempts: number
  /** A call that a target's dialect cannot fully express is refused, not reduced. */
  readonly strict?: boolean
  /** Set where answers are cached, and equal calls shared. */
  readonly cache?: ModelConfig['cache']
  /** Its only target may be retried after a transient failure. */
  readonly retrySameTarget?: boolean
  /** When a second target is tried before the first has answered. */
  readonly hedge?: HedgeRule | undefined
  /** Where requests wait while all targets are at their limits; lives and ends with its snapshot. */
  readonly queue?: Queue | undefined
  readonly standby?: Standby | undefined
  /** Set where only the target that gave an earlier response can answer. */
  readonly pin?: Pin
}

/** The target that keeps the response which a request continues. */
interface Pin {
  /** The target's id. */
  readonly keeper: string
  /** The degradation step by which it is a stand-in; undefined for a target of the requested model. */
  readonly step: string | undefined
}

/** What a model falls back to when its own targets cannot answer, or are under pressure. */
export interface Standby {
  /** The models to try instead, in order, by reason. */
  readonly models: Readonly<Record<'down' | Reason, readonly string[]>>
  /** Tried when nothing else is left, whatever its breaker says. */
  readonly lastResort: Target | undefined
  /** The text of the answer when nothing else is left. */
  readonly canned: string | undefined
  /** Steps under lasting pressure. */
  readonly relief: Relief | undefined
}
