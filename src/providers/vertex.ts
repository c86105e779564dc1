import { normaliseBaseUrl } from './base-url.ts'
import { classifyGoogle, geminiEndpoint, googleKey, methodEndpoint, retryDelay } from './gemini.ts'
import { googleTokens, type TokenSource } from './google-token.ts'
import { safeModelPath } from './model-path.ts'
import type { Provider } from './provider.ts'
import { chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'
import { unwrapCountedRequest, vertexBody } from './quirks.ts'

const DEFAULT_URL = 'https://aiplatform.googleapis.com/v1'

/** A model to look up as health check where there is no project to look at. */
const HEALTH_CHECK_MODEL = '/publishers/google/models/gemini-2.5-flash'

const GOOGLE_MODELS = '/publishers/google/models'

/** What the providers of Google's and Anthropic's models have in common. Throws for settings that cannot work. */
function vertexBase(settings: ProviderSettings, tokens: TokenSource): Omit<Provider, 'endpoints'> {
  const { name, project } = settings
  const health = { method: 'GET', path: project === undefined ? HEALTH_CHECK_MODEL : '' } as const
  return {
    name,
    baseUrl: baseUrlOf(settings),
    authorize: (_request, key) => authorization(settings, key, tokens),
    forwardHeaders: [],
    streamUsage: 'always',
    classify: classifyGoogle,
    retryAfter: retryDelay,
    healthCheck: () => health,
  }
}

/** The API of the project in one region or `global`; without a project that of the API key's own. */
function baseUrlOf({ name, baseUrl, project, location }: ProviderSettings): string {
  if (project === undefined) {
    if (location !== undefined) throw new Error(`Provider ${name} has a location, which needs a project.`)
    return normaliseBaseUrl(baseUrl ?? DEFAULT_URL, DEFAULT_URL)
  }
  const place = location ?? 'global'
  const host = place === 'global' ? DEFAULT_URL : DEFAULT_URL.replace('//', `//${place}-`)
  return `${normaliseBaseUrl(baseUrl ?? host, DEFAULT_URL)}/projects/${project}/locations/${place}`
}

/** A token of the service account, the API key, or, for a project without either, a token of the machine's own account. */
function authorization({ credentials, project }: ProviderSettings, key: string | undefined, tokens: TokenSource) {
  if (credentials === undefined && (key || project === undefined)) return googleKey(key)
  return tokens(credentials).then(token => ({ authorization: `Bearer ${token}` }))
}

/** Google's own models on Vertex AI. `tokens` says where access tokens come from. */
export function createVertex(settings: ProviderSettings, tokens: TokenSource = googleTokens()): Provider {
  chooseDialect(settings, ['gemini'])
  return {
    ...vertexBase(settings, tokens),
    reasoningOf: () => ({ signer: 'gemini' }),
    endpoints: {
      chat: geminiEndpoint(GOOGLE_MODELS),
      'google-count-tokens': methodEndpoint(GOOGLE_MODELS, 'countTokens', unwrapCountedRequest),
      'google-embed': methodEndpoint(GOOGLE_MODELS, 'embedContent'),
    },
  }
}

/** Anthropic's models on Vertex AI, through the Messages API with the model in the path. `tokens` as for createVertex. */
export function createVertexAnthropic(settings: ProviderSettings, tokens: TokenSource = googleTokens()): Provider {
  const dialect = chooseDialect(settings, ['anthropic'])
  const path = (model: string, stream: boolean) =>
    `/publishers/anthropic/models/${safeModelPath(model)}:${stream ? 'streamRawPredict' : 'rawPredict'}`
  return {
    ...vertexBase(settings, tokens),
    endpoints: { chat: { dialect, path } },
    reasoningOf: () => ({ signer: 'claude' }),
    forwardHeaders: ['anthropic-beta'],
    adjust: vertexBody,
  }
}

export const vertex: ProviderType = { baseUrl: DEFAULT_URL, create: settings => createVertex(settings) }

export const vertexAnthropic: ProviderType = {
  baseUrl: DEFAULT_URL,
  create: settings => createVertexAnthropic(settings),
}
