import type { Json } from '../../call/json.ts'
import type { Usage } from '../../call/result.ts'
import { estimatedIfImpossible, tokenCount } from '../token-count.ts'
import { DIALECT, isObject, type Members } from './members.ts'

/**
 * Google's report, in which thoughts are counted beside the candidates and what tools brought in beside the prompt. Undefined
 * when it is no object; counts that are missing or no numbers are 0.
 */
export function readUsage(value: Json | undefined): Usage | undefined {
  if (!isObject(value)) return undefined
  const reasoning = tokenCount(value.thoughtsTokenCount)
  const cached = tokenCount(value.cachedContentTokenCount)
  const input = (tokenCount(value.promptTokenCount) ?? 0) + (tokenCount(value.toolUsePromptTokenCount) ?? 0)
  return {
    input,
    output: (tokenCount(value.candidatesTokenCount) ?? 0) + (reasoning ?? 0),
    ...(cached !== undefined && { cacheRead: Math.min(cached, input) }),
    ...(reasoning !== undefined && { reasoning }),
    ...estimatedIfImpossible(value.promptTokenCount, value.candidatesTokenCount, value.thoughtsTokenCount),
    raw: { dialect: DIALECT, value },
  }
}

/** The report as Google gives it: its own verbatim, any other in its words. */
export function writeUsage(usage: Usage): Members {
  if (usage.raw?.dialect === DIALECT && isObject(usage.raw.value)) return usage.raw.value
  const { input, output, cacheRead, reasoning } = usage
  return {
    promptTokenCount: input,
    candidatesTokenCount: Math.max(0, output - (reasoning ?? 0)),
    totalTokenCount: input + output,
    ...(cacheRead !== undefined && cacheRead > 0 && { cachedContentTokenCount: cacheRead }),
    ...(reasoning !== undefined && reasoning > 0 && { thoughtsTokenCount: reasoning }),
  }
}
