import type { RetryBudget } from './retry-budget.ts'

/** When a route asks a second target before the first has answered (J. Dean, L. A. Barroso, "The Tail at Scale", 2013). */
export interface HedgeRule {
  /** Ms, or the share of the target's own answers that have usually begun by then. */
  readonly after: { readonly ms: number } | { readonly percentile: number }
  /** Pays for second attempts out of first ones. */
  readonly budget: RetryBudget
}
