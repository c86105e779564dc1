import type { Extra, ToolCallBlock } from '../../call/block.ts'
import { isObject, type Members, type ObjectReader } from './members.ts'

/**
 * Gemini signs the thoughts behind a tool call and wants the signature back with it. In this dialect it travels where Google's
 * compatible door puts it, `extra_content.google.thought_signature` of the call
 * (ai.google.dev/gemini-api/docs/thought-signatures).
 */
const GEMINI = 'gemini'

/** Takes the signature of a tool call out of the reader, as the `extra` of the dialect that it belongs to; none where there is none. */
export function readThoughtSignature(reader: ObjectReader): Extra {
  const content = reader.peek('extra_content')
  const google = isObject(content) && Object.keys(content).length === 1 ? content.google : undefined
  const signature = isObject(google) && Object.keys(google).length === 1 ? google.thought_signature : undefined
  if (typeof signature !== 'string') return {}
  reader.take('extra_content')
  return { [GEMINI]: { thoughtSignature: signature } }
}

/** The member of a tool call that holds its signature; none where it has none. */
export function writeThoughtSignature({ extra }: ToolCallBlock): Members {
  const signature = extra?.[GEMINI]?.thoughtSignature
  return typeof signature === 'string' ? { extra_content: { google: { thought_signature: signature } } } : {}
}

/** The block without its signature: what is left of it can be lost. */
export function withoutSignature<Call extends ToolCallBlock>(block: Call): Call {
  const { thoughtSignature, ...members } = block.extra?.[GEMINI] ?? {}
  return thoughtSignature === undefined ? block : { ...block, extra: { ...block.extra, [GEMINI]: members } }
}
