import type { Kind } from '../call/fault.ts'
import { isObject, type Json, type JsonObject } from '../call/json.ts'
import { geminiEmbeddings } from '../dialects/embeddings/gemini.ts'
import { blamesKey } from '../dialects/gemini/errors.ts'
import { normaliseBaseUrl } from './base-url.ts'
import { errorObject } from './error-body.ts'
import { safeModelPath } from './model-path.ts'
import type { Endpoint, Provider } from './provider.ts'
import { chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'

const DEFAULT_URL = 'https://generativelanguage.googleapis.com/v1beta'

/** Chat with a model below `models`, the path of their collection; streams are always asked for as server-sent events. */
export function geminiEndpoint(models: string): Endpoint {
  return {
    dialect: 'gemini',
    path: (model, stream) =>
      `${models}/${safeModelPath(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  }
}

/** Another method of a model, without streams. */
export function methodEndpoint(models: string, method: string, nameModel?: Endpoint['nameModel']): Endpoint {
  return {
    dialect: 'gemini',
    path: model => `${models}/${safeModelPath(model)}:${method}`,
    ...(nameModel && { nameModel }),
  }
}

/** Google answers 400 when the body and the path name different models: clients name the gateway's model in the body. */
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

/** Google's Gemini API, with an API key. Throws for a base URL or dialect that cannot work. */
function createGemini(settings: ProviderSettings): Provider {
  chooseDialect(settings, ['gemini'])
  const health = { method: 'GET', path: '/models?pageSize=1' } as const
  return {
    name: settings.name,
    baseUrl: normaliseBaseUrl(settings.baseUrl ?? DEFAULT_URL, DEFAULT_URL),
    endpoints: {
      chat: geminiEndpoint('/models'),
      embeddings: { ...methodEndpoint('/models', 'batchEmbedContents'), codec: () => geminiEmbeddings },
      'google-count-tokens': methodEndpoint('/models', 'countTokens', nameInnerModel),
      'google-embed': methodEndpoint('/models', 'embedContent', nameInnerModel),
      'google-embed-batch': methodEndpoint('/models', 'batchEmbedContents', nameInnerModel),
    },
    // Not as `?key=`, since proxies log URLs.
    authorize: (_request, key) => googleKey(key),
    forwardHeaders: [],
    reasoningOf: () => ({ signer: 'gemini' }),
    streamUsage: 'always',
    classify: classifyGoogle,
    retryAfter: retryDelay,
    healthCheck: () => health,
  }
}

/** The header of a Google API key; none without a key. */
export function googleKey(key: string | undefined): Record<string, string> {
  return key ? { 'x-goog-api-key': key } : {}
}

/** Finds errors about our key whose status does not say so; without `alt=sse` errors come in a list. */
export function classifyGoogle(_status: number, body: Json | undefined): Kind | undefined {
  return blamesKey(errorObject(Array.isArray(body) ? body[0] : body)) ? 'unauthorized' : undefined
}

/** How long Google asks to wait, in ms: a detail of the error (google.rpc.RetryInfo), such as `27.5s`. */
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
  baseUrl: DEFAULT_URL,
  create: createGemini,
}
