import type { CallerRule } from '../config/caller-rules.ts'
import { LimitConcurrency, LimitRequests, LimitTokens, LimitTokensRequest, type SluiceError } from '../errors.ts'
import { wholeSeconds } from '../retry-after.ts'
import type { Taken } from './bucket.ts'
import type { Demand } from './demand.ts'
import { limitHeaders } from './headers.ts'

/** Those of a caller's rules that hold for a model, by the name that the client wrote; undefined where there are none. */
export function rulesFor(rules: readonly CallerRule[] | undefined, model: string): readonly CallerRule[] | undefined {
  const holding = rules?.filter(({ models }) => models === undefined || models.test(model))
  return holding?.length === 0 ? undefined : holding
}

/** What a request that is taken to cost so many tokens asks of one rule. */
export function demandOf({ limit, key, amount, bucket }: CallerRule, tokens: number): Demand {
  if (limit === 'concurrency') return { key, slots: amount }
  return { key, bucket, cost: limit === 'tokens' ? tokens : 1, estimated: limit === 'tokens' }
}

/** The error for a request of so many tokens that a rule refused. `taken` is how its limit stands. */
export function refusal(rule: CallerRule, taken: Taken, tokens: number): SluiceError {
  const { limit, amount, bucket, setting } = rule
  const { retryAfterMs } = taken
  if (limit === 'concurrency') return LimitConcurrency({ retryAfterMs }, amount, setting)
  if (retryAfterMs === Infinity) return LimitTokensRequest({}, tokens, bucket.capacity, setting)
  const seconds = wholeSeconds(retryAfterMs)
  const details = { retryAfterMs, headers: limitHeaders(limit, bucket, taken) }
  if (limit === 'requests') return LimitRequests(details, amount, seconds, setting)
  return LimitTokens(details, amount, tokens, seconds, setting)
}

/** What a request that was admitted is told of its token limits: of the one that has least left. */
export function tokenHeaders(
  rules: readonly CallerRule[],
  taken: readonly Taken[],
): Record<string, string> | undefined {
  let tightest: { rule: CallerRule; taken: Taken } | undefined
  for (const [index, rule] of rules.entries()) {
    const one = taken[index]
    if (rule.limit !== 'tokens' || one === undefined) continue
    if (tightest === undefined || one.remaining < tightest.taken.remaining) tightest = { rule, taken: one }
  }
  return tightest && limitHeaders('tokens', tightest.rule.bucket, tightest.taken)
}
