import type { Json, JsonObject } from '../call/json.ts'
import type { Quirk } from './openai.ts'

/** For vendors that know the limit of output under its old name `max_tokens` only, and refuse or ignore the new one. */
export const nameLimitMaxTokens: Quirk = body => {
  const { max_completion_tokens: limit, ...rest } = body
  if (limit === undefined) return body
  return rest.max_tokens === undefined ? { ...rest, max_tokens: limit } : rest
}

/** For vendors that refuse the role `developer`, OpenAI's newer name of `system`. */
export const nameDeveloperSystem: Quirk = body => {
  const { messages } = body
  if (!Array.isArray(messages) || !messages.some(isDeveloper)) return body
  return { ...body, messages: messages.map(turn => (isDeveloper(turn) ? { ...turn, role: 'system' } : turn)) }
}

function isDeveloper(turn: Json): turn is { readonly role: 'developer' } {
  return typeof turn === 'object' && turn !== null && 'role' in turn && turn.role === 'developer'
}

/** Mistral calls the seed `random_seed`. */
export const nameSeedRandomSeed: Quirk = body => {
  const { seed, ...rest } = body
  return seed === undefined ? body : { ...rest, random_seed: seed }
}

/** For vendors that always report usage and refuse to be asked for it. */
export const dropStreamOptions: Quirk = body => {
  const { stream_options: options, ...rest } = body
  return options === undefined ? body : rest
}

/** For vendors that store nothing and refuse `store`. `store: true` is kept, so that the vendor says that it cannot. */
export const dropStoreFalse: Quirk = body => {
  const { store, ...rest } = body
  return store === false ? rest : body
}

/** Vertex AI has Anthropic's model in the path, refuses it in the body, and wants the version in the body instead of a header. */
export const vertexBody: Quirk = ({ model: _, ...body }) => ({ ...body, anthropic_version: 'vertex-2023-10-16' })

/** Vertex AI's countTokens takes the request itself, the Gemini API's also one wrapped in `generateContentRequest`. */
export const unwrapCountedRequest: Quirk = body => {
  const { generateContentRequest: inner } = body
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return body
  const { model: _, ...request } = inner as JsonObject
  return request
}
