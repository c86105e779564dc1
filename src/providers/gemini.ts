import type { Kind } from '../call/fault.ts'
import { isObject, type Json, type JsonObject } from '../call/json.ts'
import { geminiEmbeddings } from '../dialects/embeddings/gemini.ts'
import { blamesKey } from '../dialects/gemini/errors.ts'
import { normaliseBaseUrl } from './base-url.ts'
import { errorObject } from './error-body.ts'
import { safeModelPath } from './model-path.ts'
import type { Endpoint, Provider } from './provider.ts'
import { chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'

const USUAL_URL = 'https://generativelanguage.googleapis.com/v1beta'

/** What Google's models are asked for below `models`, the path of their collection: a stream always as server-sent events. */
export function geminiEndpoint(models: string): Endpoint {
  return {
    dialect: 'gemini',
    path: (model, stream) =>
      `${models}/${safeModelPath(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  }
}

/** The same for a method without a stream. */
export function methodEndpoint(models: string, method: string, nameModel: Endpoint['nameModel']): Endpoint {
  return {
    dialect: 'gemini',
    path: model => `${models}/${safeModelPath(model)}:${method}`,
    ...(nameModel && { nameModel }),
  }
}

/** OpenAI's embeddings, in Google's words. */
function embeddingsEndpoint(models: string): Endpoint {
  return { ...methodEndpoint(models, 'batchEmbedContents', undefined), codec: () => geminiEmbeddings }
}

/** Google answers 400 where a body names another model than the path, as one does that names the gateway's. */
function nameInnerModel(body: JsonObject, model: string): JsonObject {
  const name = `models/${model}`
  const { requests, generateContentRequest: inner } = body
  return {
    ...body,
    ...(body.model !== undefined && { model: name }),
    ...(Array.isArray(requests) && { requests: requests.map(request => named(request, name)) }),
    ...(inner !== undefined && { generateContentRequest: named(inner, name) }),
  }
}

function named(request: Json, model: string): Json {
  return isObject(request) && request.model !== undefined ? { ...request, model } : request
}

/** Google's Gemini API, by key. Throws when the base URL or dialect cannot work. */
function speakGemini(settings: ProviderSettings): Provider {
  chooseDialect(settings, ['gemini'])
  const health = { method: 'GET', path: '/models?pageSize=1' } as const
  return {
    name: settings.name,
    baseUrl: normaliseBaseUrl(settings.baseUrl ?? USUAL_URL, USUAL_URL),
    endpoints: {
      chat: geminiEndpoint('/models'),
      embeddings: embeddingsEndpoint('/models'),
      'google-count-tokens': methodEndpoint('/models', 'countTokens', nameInnerModel),
      'google-embed': methodEndpoint('/models', 'embedContent', nameInnerModel),
      'google-embed-batch': methodEndpoint('/models', 'batchEmbedContents', nameInnerModel),
    },
    // Never `?key=`: addresses are logged on their way.
    authorize: (_request, key) => googleKey(key),
    forwardHeaders: [],
    reasoningOf: () => ({ signer: 'gemini' }),
    streamUsage: 'always',
    classify: classifyGoogle,
    retryAfter: retryDelay,
    healthCheck: () => health,
  }
}

/** The header that shows a Google API key; none without a key. */
export function googleKey(key: string | undefined): Record<string, string> {
  return key === undefined || key === '' ? {} : { 'x-goog-api-key': key }
}

/** What Google's errors say of our key where their status does not; without `alt=sse` they come in a list. */
export function classifyGoogle(_status: number, body: Json | undefined): Kind | undefined {
  return blamesKey(errorObject(Array.isArray(body) ? body[0] : body)) ? 'unauthorized' : undefined
}

/** How long Google asks to wait, ms: it stands in the details of an error (google.rpc.RetryInfo), as `27.5s`. */
export function retryDelay(body: Json | undefined): number | undefined {
  const { details } = errorObject(Array.isArray(body) ? body[0] : body)
  const delays = (Array.isArray(details) ? details : []).map(detail =>
    isObject(detail) ? detail.retryDelay : undefined,
  )
  const seconds = delays.map(delay => /^(\d+(?:\.\d+)?)s$/.exec(String(delay))?.[1]).find(Boolean)
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

export const gemini: ProviderType = {
  keyVariable: 'GEMINI_API_KEY',
  otherKeyVariable: 'GOOGLE_API_KEY',
  baseUrl: USUAL_URL,
  create: speakGemini,
}
