import type { CallerRule } from '../config/caller-rules.ts'
import type { Demand } from './demand.ts'

/** The rules that hold for a model, by the name that the client wrote. */
export function rulesFor(rules: readonly CallerRule[], model: string): CallerRule[] {
  return rules.filter(({ models }) => models === undefined || models.test(model))
}

/** What a request that is taken to cost so many tokens asks of one rule. */
export function demandOf({ limit, key, amount, bucket }: CallerRule, tokens: number): Demand {
  if (limit === 'concurrency') return { key, slots: amount }
  return { key, bucket, cost: limit === 'tokens' ? tokens : 1, estimated: limit === 'tokens' }
}
