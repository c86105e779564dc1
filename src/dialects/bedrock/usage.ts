import { foreignUsageLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Usage } from '../../call/result.ts'
import { estimatedIfImpossible, tokenCount } from '../token-count.ts'
import { DIALECT, isObject, type Members } from './members.ts'

/**
 * Bedrock's report, in which `inputTokens` leaves out what was read from and written to the cache. Undefined when it is no
 * object; counts that are missing or no numbers are 0.
 */
export function readUsage(value: Json | undefined): Usage | undefined {
  if (!isObject(value)) return undefined
  const cacheRead = tokenCount(value.cacheReadInputTokens)
  const cacheWrite = tokenCount(value.cacheWriteInputTokens)
  return {
    input: (tokenCount(value.inputTokens) ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: tokenCount(value.outputTokens) ?? 0,
    ...(cacheRead !== undefined && { cacheRead }),
    ...(cacheWrite !== undefined && { cacheWrite }),
    ...estimatedIfImpossible(value.inputTokens, value.outputTokens),
    raw: { dialect: DIALECT, value },
  }
}

/** The report as Bedrock gives it: its own verbatim, any other in its words. */
export function writeUsage(usage: Usage | undefined): Members {
  if (usage?.raw?.dialect === DIALECT && isObject(usage.raw.value)) return usage.raw.value
  const { input = 0, output = 0, cacheRead, cacheWrite } = usage ?? {}
  return {
    inputTokens: Math.max(0, input - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    outputTokens: output,
    totalTokens: input + output,
    ...(cacheRead !== undefined && { cacheReadInputTokens: cacheRead }),
    ...(cacheWrite !== undefined && { cacheWriteInputTokens: cacheWrite }),
  }
}

/** What Bedrock's report cannot say of another vendor's. */
export function usageLosses(usage: Usage | undefined): Loss[] {
  const losses = foreignUsageLosses(DIALECT, usage)
  if ((usage?.reasoning ?? 0) === 0) return losses
  return [...losses, { path: 'usage.reasoning_tokens', why: 'Bedrock counts reasoning as output only' }]
}
