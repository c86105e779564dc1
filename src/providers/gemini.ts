import type { Kind } from '../call/fault.ts'
import type { Json } from '../call/json.ts'
import { normaliseBaseUrl } from './base-url.ts'
import { errorObject } from './error-body.ts'
import { safeModelPath } from './model-path.ts'
import type { Endpoint, Provider } from './provider.ts'
import { chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'

const USUAL_URL = 'https://generativelanguage.googleapis.com/v1beta'

/** Reasons in the details of an error that speak of the key, not of the request: Google answers 400 to a key that it does not know. */
const KEY_REASON = /^(?:API_KEY_|ACCESS_TOKEN_)/

/** What Google's models are asked below `models`, the path of their collection: a stream always as server-sent events. */
export function geminiEndpoints(dialect: string, models: string): Provider['endpoints'] {
  const chat: Endpoint = {
    dialect,
    path: (model, stream) =>
      `${models}/${safeModelPath(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  }
  return { chat }
}

/** Google's Gemini API, by key. Throws when the base URL or dialect cannot work. */
export function speakGemini(settings: ProviderSettings): Provider {
  const dialect = chooseDialect(settings, ['gemini'])
  const health = { method: 'GET', path: '/models?pageSize=1' } as const
  return {
    name: settings.name,
    baseUrl: normaliseBaseUrl(settings.baseUrl ?? USUAL_URL, USUAL_URL),
    endpoints: geminiEndpoints(dialect, '/models'),
    // Never `?key=`: addresses are logged on their way.
    authorize: (_request, key) => googleKey(key),
    forwardHeaders: [],
    streamUsage: 'always',
    classify: classifyGoogle,
    healthCheck: () => health,
  }
}

/** The header that shows a Google API key; none without a key. */
export function googleKey(key: string | undefined): Record<string, string> {
  return key === undefined || key === '' ? {} : { 'x-goog-api-key': key }
}

/** What Google's errors say of our key where their status does not. */
export function classifyGoogle(_status: number, body: Json | undefined): Kind | undefined {
  const { details } = errorObject(Array.isArray(body) ? body[0] : body)
  if (!Array.isArray(details)) return undefined
  const blamed = details.some(detail => typeof detail === 'object' && KEY_REASON.test(String(detail?.reason)))
  return blamed ? 'unauthorized' : undefined
}

export const gemini: ProviderType = {
  keyVariable: 'GEMINI_API_KEY',
  otherKeyVariable: 'GOOGLE_API_KEY',
  baseUrl: USUAL_URL,
  create: speakGemini,
}
