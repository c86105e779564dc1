import type { JsonObject } from '../call/json.ts'

/** Vendors say when a model was made; a name of the gateway's has no such date. */
const CREATED = 0

/** One model as OpenAI's `GET /v1/models/{id}` shows it. */
export function openaiModel(id: string): JsonObject {
  return { id, object: 'model', created: CREATED, owned_by: 'sluice' }
}

/** OpenAI's `GET /v1/models`. */
export function openaiModels(names: readonly string[]): JsonObject {
  return {
    object: 'list',
    data: names.map(name => ({ id: name, object: 'model', created: CREATED, owned_by: 'sluice' })),
  }
}

/** One model as Anthropic's `GET /v1/models/{id}` shows it. */
export function anthropicModel(id: string): JsonObject {
  return { type: 'model', id, display_name: id, created_at: new Date(CREATED).toISOString() }
}

/** Anthropic's `GET /v1/models`, all on one page. */
export function anthropicModels(names: readonly string[]): JsonObject {
  return {
    data: names.map(name => ({
      type: 'model',
      id: name,
      display_name: name,
      created_at: new Date(CREATED).toISOString(),
    })),
    has_more: false,
    first_id: names[0] ?? null,
    last_id: names.at(-1) ?? null,
  }
}

/** One model as Gemini's `GET /v1beta/models/{id}` shows it. */
export function geminiModel(id: string) {
  const supportedGenerationMethods = ['generateContent', 'streamGenerateContent']
  return { name: `models/${id}`, displayName: id, supportedGenerationMethods }
}

/** Gemini's `GET /v1beta/models`, all on one page. */
export function geminiModels(names: readonly string[]): JsonObject {
  return { models: names.map(geminiModel) }
}
