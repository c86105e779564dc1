import { foreignUsageLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Usage } from '../../call/result.ts'
import { estimatedIfImpossible, tokenCount } from '../token-count.ts'
import { DIALECT, isObject } from './members.ts'

/** A `usage` report; undefined when there is none. Counts that contradict each other are bent so that they add up. */
export function readUsage(raw: Json | undefined): Usage | undefined {
  if (!isObject(raw)) return undefined
  const input = tokenCount(raw.input_tokens) ?? 0
  const output = tokenCount(raw.output_tokens) ?? 0
  const inputDetails = isObject(raw.input_tokens_details) ? raw.input_tokens_details : {}
  const outputDetails = isObject(raw.output_tokens_details) ? raw.output_tokens_details : {}
  const cacheRead = tokenCount(inputDetails.cached_tokens)
  const cacheWrite = tokenCount(inputDetails.cache_write_tokens)
  const reasoning = tokenCount(outputDetails.reasoning_tokens)
  const read = Math.min(cacheRead ?? 0, input)
  return {
    input,
    output: Math.max(output, reasoning ?? 0),
    ...(cacheRead !== undefined && { cacheRead: read }),
    ...(cacheWrite !== undefined && { cacheWrite: Math.min(cacheWrite, input - read) }),
    ...(reasoning !== undefined && { reasoning }),
    ...estimatedIfImpossible(raw.input_tokens, raw.output_tokens),
    raw: { dialect: DIALECT, value: raw },
  }
}

/** The report of this dialect verbatim where there is one, else made from the neutral counts. */
export function writeUsage(usage: Usage, losses: Loss[]): Json {
  if (usage.raw?.dialect === DIALECT) return usage.raw.value
  losses.push(...foreignUsageLosses(DIALECT, usage))
  const { input, output, cacheRead = 0, cacheWrite = 0, reasoning = 0 } = usage
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  }
}
