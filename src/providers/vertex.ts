import { normaliseBaseUrl } from './base-url.ts'
import { classifyGoogle, geminiEndpoint, googleKey, methodEndpoint, retryDelay } from './gemini.ts'
import { googleTokens, type TokenSource } from './google-token.ts'
import { safeModelPath } from './model-path.ts'
import type { Provider } from './provider.ts'
import { chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'
import { inVertexBody, unwrapCounted } from './quirks.ts'

const USUAL_URL = 'https://aiplatform.googleapis.com/v1'

/** Without a project there is nothing of the caller's own to look at: a model that has been there for long proves as much. */
const LASTING_MODEL = '/publishers/google/models/gemini-2.5-flash'

const GOOGLES_MODELS = '/publishers/google/models'

/** What its doors for different vendors' models have in common. Throws when the settings cannot work. */
function speakVertex(settings: ProviderSettings, tokens: TokenSource): Omit<Provider, 'endpoints'> {
  const { name, project } = settings
  const health = { method: 'GET', path: project === undefined ? LASTING_MODEL : '' } as const
  return {
    name,
    baseUrl: baseUrlOf(settings),
    authorize: (_request, key) => prove(settings, key, tokens),
    forwardHeaders: [],
    streamUsage: 'always',
    classify: classifyGoogle,
    retryAfter: retryDelay,
    healthCheck: () => health,
  }
}

/** The project's own part of the API: of one region, or `global`. Without a project an API key says whose calls they are. */
function baseUrlOf({ name, baseUrl, project, location }: ProviderSettings): string {
  if (project === undefined) {
    if (location !== undefined) throw new Error(`Provider ${name} has a location, which needs a project.`)
    return normaliseBaseUrl(baseUrl ?? USUAL_URL, USUAL_URL)
  }
  const place = location ?? 'global'
  const host = place === 'global' ? USUAL_URL : USUAL_URL.replace('//', `//${place}-`)
  return `${normaliseBaseUrl(baseUrl ?? host, USUAL_URL)}/projects/${project}/locations/${place}`
}

/** A token for a service account, an API key as it is, or, for a project without either, a token for the machine. */
function prove({ credentials, project }: ProviderSettings, key: string | undefined, tokens: TokenSource) {
  if (credentials === undefined && (key || project === undefined)) return googleKey(key)
  return tokens(credentials).then(token => ({ authorization: `Bearer ${token}` }))
}

/** Google's own models on Vertex AI. `tokens` says where access tokens come from. */
export function createVertex(settings: ProviderSettings, tokens: TokenSource = googleTokens()): Provider {
  chooseDialect(settings, ['gemini'])
  return {
    ...speakVertex(settings, tokens),
    reasoningOf: () => ({ signer: 'gemini' }),
    endpoints: {
      chat: geminiEndpoint(GOOGLES_MODELS),
      'google-count-tokens': methodEndpoint(GOOGLES_MODELS, 'countTokens', unwrapCounted),
      'google-embed': methodEndpoint(GOOGLES_MODELS, 'embedContent', undefined),
    },
  }
}

/** Anthropic's models on Vertex AI, which take the Messages API with the model in the path. */
export function createVertexAnthropic(settings: ProviderSettings, tokens: TokenSource = googleTokens()): Provider {
  const dialect = chooseDialect(settings, ['anthropic'])
  const path = (model: string, stream: boolean) =>
    `/publishers/anthropic/models/${safeModelPath(model)}:${stream ? 'streamRawPredict' : 'rawPredict'}`
  return {
    ...speakVertex(settings, tokens),
    endpoints: { chat: { dialect, path } },
    reasoningOf: () => ({ signer: 'claude' }),
    forwardHeaders: ['anthropic-beta'],
    adjust: inVertexBody,
  }
}

export const vertex: ProviderType = { baseUrl: USUAL_URL, create: settings => createVertex(settings) }

export const vertexAnthropic: ProviderType = {
  baseUrl: USUAL_URL,
  create: settings => createVertexAnthropic(settings),
}
