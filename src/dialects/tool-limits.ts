import type { ToolLimits, WordLimit } from '../call/tool-words.ts'

/** Letters, digits, `_` and `-`, at most `length` of them. */
function word(length: number): WordLimit {
  return { fits: new RegExp(`^[\\w-]{1,${length}}$`), length }
}

const ANYTHING: WordLimit = { fits: /^/, length: Infinity }

/**
 * By dialect. Sources: the vendors' API descriptions, else their errors (OpenAI's for a long `tool_calls[].id`: "string too long.
 * Expected a string with maximum length 40").
 */
const LIMITS: Readonly<Record<string, ToolLimits>> = {
  'openai-chat': { id: word(40), name: word(64) },
  'openai-responses': { id: word(64), name: word(64) },
  // These have no tools.
  'openai-completions': { id: ANYTHING, name: ANYTHING },
  'openai-plain': { id: ANYTHING, name: ANYTHING },
  anthropic: { id: word(256), name: word(128) },
  // Gemini accepts any id. Its reference allows names of 128 characters with dots; all models accept 64 without dots.
  gemini: { id: ANYTHING, name: { fits: /^[A-Za-z_][\w-]{0,63}$/, length: 64 } },
  bedrock: { id: word(64), name: word(64) },
}

/** The limits of the dialect of that name; undefined for one without limits. */
export function toolLimitsOf(dialect: string): ToolLimits | undefined {
  return LIMITS[dialect]
}
