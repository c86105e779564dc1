import type { JsonObject } from '../call/json.ts'

/** The APIs have a date of creation, which the gateway's names of models do not. */
const CREATED = 0

/** A model in OpenAI's `GET /v1/models/{id}`. */
export function openaiModel(id: string) {
  return { id, object: 'model', created: CREATED, owned_by: 'sluice' }
}

/** OpenAI's `GET /v1/models`. */
export function openaiModels(names: readonly string[]): JsonObject {
  return { object: 'list', data: names.map(openaiModel) }
}

/** A model in Anthropic's `GET /v1/models/{id}`. */
export function anthropicModel(id: string) {
  return { type: 'model', id, display_name: id, created_at: new Date(CREATED).toISOString() }
}

/** Anthropic's `GET /v1/models`, all on one page. */
export function anthropicModels(names: readonly string[]): JsonObject {
  return {
    data: names.map(anthropicModel),
    has_more: false,
    first_id: names[0] ?? null,
    last_id: names.at(-1) ?? null,
  }
}

/** A model in Gemini's `GET /v1beta/models/{id}`. */
export function geminiModel(id: string) {
  const supportedGenerationMethods = ['generateContent', 'streamGenerateContent']
  return { name: `models/${id}`, displayName: id, supportedGenerationMethods }
}

/** Gemini's `GET /v1beta/models`, all on one page. */
export function geminiModels(names: readonly string[]): JsonObject {
  return { models: names.map(geminiModel) }
}
