import type { CallerConfig } from './config.ts'

/** A limit of a caller that its requests take room in once their model and size are known. */
export interface CallerRule {
  readonly limit: 'requests' | 'tokens' | 'concurrency'
  /** Names what is counted; no other rule has it. */
  readonly key: string
  /** A minute; of requests at a time for `concurrency`. */
  readonly amount: number
  /** Most at once, and what comes back each second; without meaning for `concurrency`. */
  readonly bucket: { readonly capacity: number; readonly refillPerSecond: number }
  /** Where it is set, for messages. */
  readonly setting: string
  /** It holds for models of these names together; for all unless set. */
  readonly models: RegExp | undefined
}

type LimitsConfig = NonNullable<CallerConfig['limits']>

/**
 * The rules of a caller, undefined where there are none. The request limit of all models together is not among them: it is
 * asked before the body is read. `pattern` makes of what `modelLimits` names an expression for models.
 */
export function callerRules(caller: CallerConfig, pattern: (text: string) => RegExp): CallerRule[] | undefined {
  const { name, limits, modelLimits } = caller
  const rules = limits === undefined ? [] : rulesOf(limits, name, 'limits', undefined).filter(isLater)
  for (const [model, own] of Object.entries(modelLimits ?? {})) {
    // A name holds no slash, so no other caller has the same.
    rules.push(...rulesOf(own, `${name}/${model}`, `modelLimits.${model}`, pattern(model)))
  }
  return rules.length === 0 ? undefined : rules
}

function rulesOf(limits: LimitsConfig, name: string, section: string, models: RegExp | undefined): CallerRule[] {
  const { requestsPerMinute, burst, tokensPerMinute, tokenBurst, concurrency } = limits
  const rules: CallerRule[] = []
  const add = (limit: CallerRule['limit'], member: string, amount: number | undefined, capacity = amount) => {
    if (amount === undefined || capacity === undefined) return
    const bucket = { capacity, refillPerSecond: amount / 60 }
    rules.push({ limit, key: `${limit}:${name}`, amount, bucket, setting: `keys[].${section}.${member}`, models })
  }
  add('requests', 'requestsPerMinute', requestsPerMinute, burst)
  add('tokens', 'tokensPerMinute', tokensPerMinute, tokenBurst)
  add('concurrency', 'concurrency', concurrency)
  return rules
}

function isLater({ limit }: CallerRule): boolean {
  return limit !== 'requests'
}
