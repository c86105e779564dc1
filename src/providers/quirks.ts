import type { Json, JsonObject } from '../call/json.ts'
import type { Quirk } from './openai.ts'

/** The limit under its old name, for vendors whose schema has only `max_tokens`: they refuse or ignore the new one. */
export const nameLimitMaxTokens: Quirk = body => {
  const { max_completion_tokens: limit, ...rest } = body
  if (limit === undefined) return body
  return rest.max_tokens === undefined ? { ...rest, max_tokens: limit } : rest
}

/** `developer` is OpenAI's newer word for `system`; vendors that list the roles they know refuse it. */
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

/** For vendors that report usage unasked and refuse to be asked. */
export const dropStreamOptions: Quirk = body => {
  const { stream_options: options, ...rest } = body
  return options === undefined ? body : rest
}

/** `store: false` asks for nothing where nothing is stored. `store: true` stays, so that the vendor says that it cannot. */
export const dropStoreFalse: Quirk = body => {
  const { store, ...rest } = body
  return store === false ? rest : body
}

/** Vertex AI has the model in its path and refuses it in the body, where it wants the version that others want in a header. */
export const inVertexBody: Quirk = ({ model: _, ...body }) => ({ ...body, anthropic_version: 'vertex-2023-10-16' })

/** Vertex AI counts what stands in the body itself, the Gemini API also a whole request inside of it. */
export const unwrapCounted: Quirk = body => {
  const { generateContentRequest: inner } = body
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return body
  const { model: _, ...request } = inner as JsonObject
  return request
}
