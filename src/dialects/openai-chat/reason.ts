import type { Kind, Reason } from '../../call/fault.ts'
import type { Json } from '../../call/json.ts'
import { isObject, type Members } from './members.ts'

/** Words in `code`, `type` and `innererror.code`. */
const WORDS: ReadonlyMap<Json | undefined, Reason> = new Map<Json | undefined, Reason>([
  ['context_length_exceeded', 'context-window'],
  ['exceed_context_size_error', 'context-window'], // llama.cpp
  ['content_filter', 'content-filter'], // Azure
  ['content_policy_violation', 'content-filter'],
  ['ResponsibleAIPolicyViolation', 'content-filter'], // Azure, inside
])

/**
 * Sentences of vendors that have no such word: vLLM, DeepSeek, Mistral and OpenRouter ("maximum context length"), xAI
 * ("maximum prompt length"), OpenAI's newer models ("context window"), Gemini's compatible door ("input token count"),
 * Fireworks ("prompt is too long").
 */
const TOO_LONG =
  /maximum (?:context|prompt) length|exceeds the context window|input token count.{0,40}exceeds|prompt is too long/i
/** Azure and DeepSeek. */
const FILTERED = /content management policy|content exists risk/i

/** Why another model may take what this one refused; `said` is the error object. */
export function reasonOf(kind: Kind, said: Members, message: string | undefined): Reason | undefined {
  if (kind === 'too-large') return 'context-window'
  if (kind !== 'invalid') return undefined
  const inner = isObject(said.innererror) ? said.innererror.code : undefined
  const word = WORDS.get(said.code) ?? WORDS.get(said.type) ?? WORDS.get(inner)
  if (word !== undefined || message === undefined) return word
  if (TOO_LONG.test(message)) return 'context-window'
  return FILTERED.test(message) ? 'content-filter' : undefined
}
