import type { Json } from '../../call/json.ts'
import type { Usage } from '../../call/result.ts'
import { estimatedIfImpossible, tokenCount } from '../token-count.ts'
import { DIALECT, isObject, type Members } from './members.ts'

/**
 * Anthropic's report, in which `input_tokens` leaves out what was read from and written to the cache. Undefined when it is
 * no object; counts that are missing or no numbers are 0, and reasoning is never more than the output that it is part of.
 */
export function readUsage(value: Json | undefined): Usage | undefined {
  if (!isObject(value)) return undefined
  const cacheRead = tokenCount(value.cache_read_input_tokens)
  const cacheWrite = tokenCount(value.cache_creation_input_tokens)
  const details = value.output_tokens_details
  const reasoning = isObject(details) ? tokenCount(details.thinking_tokens) : undefined
  const output = tokenCount(value.output_tokens) ?? 0
  return {
    input: (tokenCount(value.input_tokens) ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output,
    ...(cacheRead !== undefined && { cacheRead }),
    ...(cacheWrite !== undefined && { cacheWrite }),
    ...(reasoning !== undefined && { reasoning: Math.min(reasoning, output) }),
    ...estimatedIfImpossible(value.input_tokens, value.output_tokens),
    raw: { dialect: DIALECT, value },
  }
}

/** A stream's later report over its earlier one: counts are cumulative, and null says nothing new. */
export function mergeUsage(earlier: Members | undefined, later: Json | undefined): Members | undefined {
  if (!isObject(later)) return earlier
  const news = Object.entries(later).filter(([member, value]) => value !== null || earlier?.[member] === undefined)
  return { ...earlier, ...Object.fromEntries(news) }
}

/** The report as Anthropic gives it: its own verbatim, any other in its words, always with both cache counts. */
export function writeUsage(usage: Usage | undefined): Members {
  if (usage?.raw?.dialect === DIALECT && isObject(usage.raw.value)) return usage.raw.value
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0, reasoning } = usage ?? {}
  return {
    input_tokens: Math.max(0, input - cacheRead - cacheWrite),
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    output_tokens: output,
    ...(reasoning !== undefined && { output_tokens_details: { thinking_tokens: reasoning } }),
  }
}
