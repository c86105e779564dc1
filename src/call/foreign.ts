import type { Extra } from './block.ts'
import { unescaped } from './extra.ts'
import type { Json } from './json.ts'
import type { Loss } from './loss.ts'
import type { Usage } from './result.ts'

/**
 * What the writer of `dialect` cannot say of members that other dialects left in `extra`: one loss a member, named below
 * `at`. Members whose name begins with `$` are notes on form, and null or an empty list says nothing: neither is a loss.
 */
export function foreignLosses(dialect: string, at: string | undefined, extra: Extra | undefined): Loss[] {
  if (extra === undefined) return []
  const losses: Loss[] = []
  for (const [origin, members] of Object.entries(extra)) {
    if (origin === dialect) continue
    for (const [member, value] of Object.entries(members)) {
      if (member.startsWith('$') || isNothing(value)) continue
      const name = unescaped(member)
      const path = at === undefined || at === '' ? name : `${at}.${name}`
      losses.push({ path, why: `${dialect} has no counterpart of this ${origin} member` })
    }
  }
  return losses
}

function isNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

/** Members of vendors' usage reports that the neutral counts of Usage stand for. */
const COUNTED: ReadonlySet<string> = new Set([
  ...['prompt_tokens', 'completion_tokens', 'total_tokens', 'cached_tokens', 'cache_write_tokens', 'reasoning_tokens'],
  ...['prompt_cache_hit_tokens', 'prompt_cache_miss_tokens', 'text_tokens'],
  ...['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'thinking_tokens'],
  ...['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'],
  ...['promptTokenCount', 'candidatesTokenCount', 'totalTokenCount', 'cachedContentTokenCount', 'thoughtsTokenCount'],
  ...['toolUsePromptTokenCount', 'tokenCount'],
  ...['inputTokens', 'outputTokens', 'totalTokens', 'cacheDetails'],
  ...['cacheReadInputTokens', 'cacheWriteInputTokens', 'cacheReadInputTokenCount', 'cacheWriteInputTokenCount'],
])

/** Members of another dialect's usage report that no neutral count stands for, one loss each; zeros say nothing. */
export function foreignUsageLosses(dialect: string, usage: Usage | undefined): Loss[] {
  const raw = usage?.raw
  if (raw === undefined || raw.dialect === dialect || typeof raw.value !== 'object' || raw.value === null) return []
  return Object.entries(raw.value)
    .filter(([member, value]) => isUncounted(member, value))
    .map(([member]) => ({ path: `usage.${member}`, why: `${dialect} has no such member in its usage report` }))
}

/** Of Google's counts by modality those of text say what the sums say. */
function isUncounted(member: string, value: Json): boolean {
  if (value === null || value === 0 || value === 'TEXT' || COUNTED.has(member)) return false
  if (typeof value !== 'object') return true
  return Object.entries(value).some(([inner, count]) => isUncounted(inner, count))
}
