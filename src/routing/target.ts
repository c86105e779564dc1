import type { ModelConfig } from '../config/config.ts'
import type { Provider } from '../providers/provider.ts'
import type { ExchangeTimeouts } from '../upstream/exchange.ts'
import type { Pool } from '../upstream/pool.ts'
import type { BreakerSettings } from './breaker.ts'
import type { Cooldown } from './cooldown.ts'
import type { Gate } from './gate.ts'

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
}

/** Who can answer: a vendor with one of its models. */
export interface Target {
  /** `provider/model`: unique, and what `x-sluice-target` says. */
  readonly id: string
  readonly vendor: Vendor
  readonly model: string
  readonly weight: number
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
  readonly strategy: 'weighted' | 'priority'
  readonly targets: readonly Target[]
  /** Upstream attempts for one client request. */
  readonly attempts: number
  /** Answers are kept, and equal calls shared. */
  readonly cache?: NonNullable<ModelConfig['cache']>
  /** Running sums of the weighted strategy; the one thing here that changes. */
  readonly weights: number[]
}
