import type { ToolLimits, WordLimit } from '../call/tool-words.ts'

/** Letters, digits, `_` and `-`, so many at most. */
function word(length: number): WordLimit {
  return { fits: new RegExp(`^[\\w-]{1,${length}}$`), length }
}

const ANYTHING: WordLimit = { fits: /^/, length: Infinity }

/**
 * What each dialect takes. Sources: the vendors' API descriptions; where they are silent, what the vendors answer (OpenAI to a
 * long `tool_calls[].id`: "string too long. Expected a string with maximum length 40").
 */
const LIMITS: Readonly<Record<string, ToolLimits>> = {
  'openai-chat': { id: word(40), name: word(64) },
  'openai-responses': { id: word(64), name: word(64) },
  // These have no tools.
  'openai-completions': { id: ANYTHING, name: ANYTHING },
  'openai-plain': { id: ANYTHING, name: ANYTHING },
  anthropic: { id: word(256), name: word(128) },
  // Gemini's ids are its own business. Names of 128 with dots are described, 64 without are what all of its models take.
  gemini: { id: ANYTHING, name: { fits: /^[A-Za-z_][\w-]{0,63}$/, length: 64 } },
  bedrock: { id: word(64), name: word(64) },
}

/** What the dialect of that name takes; undefined for one without limits. */
export function toolLimitsOf(dialect: string): ToolLimits | undefined {
  return LIMITS[dialect]
}
