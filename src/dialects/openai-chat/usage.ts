import { foreignUsageLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Usage } from '../../call/result.ts'
import { estimatedIfImpossible, tokenCount } from '../token-count.ts'
import { DIALECT, isObject } from './members.ts'

/** A `usage` report; undefined when there is none. Counts that contradict each other are bent so that they add up. */
export function readUsage(raw: Json | undefined): Usage | undefined {
  if (!isObject(raw)) return undefined
  const input = tokenCount(raw.prompt_tokens) ?? 0
  const promptDetails = isObject(raw.prompt_tokens_details) ? raw.prompt_tokens_details : {}
  const completionDetails = isObject(raw.completion_tokens_details) ? raw.completion_tokens_details : {}
  // DeepSeek has a member of its own, older than the details.
  const cacheRead = tokenCount(promptDetails.cached_tokens) ?? tokenCount(raw.prompt_cache_hit_tokens)
  const cacheWrite = tokenCount(promptDetails.cache_write_tokens)
  const reasoning = tokenCount(completionDetails.reasoning_tokens)
  // Seen on Azure: more cached tokens than prompt tokens.
  const read = Math.min(cacheRead ?? 0, input)
  return {
    input,
    output: outputOf(raw.total_tokens, input, tokenCount(raw.completion_tokens) ?? 0, reasoning ?? 0),
    ...(cacheRead !== undefined && { cacheRead: read }),
    ...(cacheWrite !== undefined && { cacheWrite: Math.min(cacheWrite, input - read) }),
    ...(reasoning !== undefined && { reasoning }),
    ...estimatedIfImpossible(raw.prompt_tokens, raw.completion_tokens),
    raw: { dialect: DIALECT, value: raw },
  }
}

/** xAI reports reasoning beside `completion_tokens`, everyone else inside: the total tells which. */
function outputOf(total: Json | undefined, input: number, completion: number, reasoning: number): number {
  const beside = reasoning > completion || (reasoning > 0 && total === input + completion + reasoning)
  return beside ? completion + reasoning : completion
}

/** The report of this dialect verbatim where there is one, else made from the neutral counts. */
export function writeUsage(usage: Usage, losses: Loss[]): Json {
  if (usage.raw?.dialect === DIALECT) return usage.raw.value
  losses.push(...foreignUsageLosses(DIALECT, usage))
  const { input, output, cacheRead, cacheWrite, reasoning } = usage
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: {
      cached_tokens: cacheRead ?? 0,
      ...(cacheWrite !== undefined && { cache_write_tokens: cacheWrite }),
    },
    completion_tokens_details: { reasoning_tokens: reasoning ?? 0 },
  }
}
