import type { RetryBudget } from './retry-budget.ts'

/** When a route tries a second target before the first has answered (J. Dean, L. A. Barroso, "The Tail at Scale", 2013). */
export interface HedgeRule {
  /** Ms, or a percentile (0..1) of the target's own latency. */
  readonly after: { readonly ms: number } | { readonly percentile: number }
  /** Pays for second attempts out of first ones. */
  readonly budget: RetryBudget
}
