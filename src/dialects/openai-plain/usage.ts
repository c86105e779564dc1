import type { Json } from '../../call/json.ts'
import type { Usage } from '../../call/result.ts'
import type { Report } from '../dialect.ts'
import { isObject, type Members } from '../openai-chat/members.ts'
import { estimatedIfImpossible, tokenCount } from '../token-count.ts'

/** What an answer says of tokens; nothing where it is paid for by other things (seconds, pictures, searches). Throws when it is no object. */
export function readReport(json: Json): Report {
  if (!isObject(json)) throw new Error('The answer is not an object.')
  const usage = readUsage(json)
  return usage === undefined ? {} : { usage }
}

/**
 * Tokens under any of the names in use: `prompt_tokens` of embeddings, `input_tokens` of images and audio, `total_tokens` alone
 * of Jina's and vLLM's rerank, `meta.tokens` or `meta.billed_units` of Cohere's.
 */
export function readUsage(answer: Members): Usage | undefined {
  const raw = isObject(answer.usage) ? answer.usage : tokensOfCohere(answer.meta)
  if (raw === undefined) return undefined
  const output = tokenCount(raw.completion_tokens) ?? tokenCount(raw.output_tokens)
  const input = tokenCount(raw.prompt_tokens) ?? tokenCount(raw.input_tokens) ?? total(raw.total_tokens, output)
  const doubt = estimatedIfImpossible(raw.prompt_tokens, raw.input_tokens, raw.completion_tokens, raw.output_tokens)
  return input === undefined ? undefined : { input, output: output ?? 0, ...doubt }
}

function tokensOfCohere(meta: Json | undefined): Members | undefined {
  if (!isObject(meta)) return undefined
  if (isObject(meta.tokens)) return meta.tokens
  return isObject(meta.billed_units) ? meta.billed_units : undefined
}

function total(value: Json | undefined, output = 0): number | undefined {
  const all = tokenCount(value)
  return all === undefined ? undefined : Math.max(0, all - output)
}
