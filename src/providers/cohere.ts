import { parseBaseUrl } from './base-url.ts'
import { type Manners, speakOpenAi } from './openai.ts'
import { openaiEndpoints } from './openai-endpoints.ts'
import type { ProviderType } from './provider-type.ts'
import { nameLimitMaxTokens } from './quirks.ts'

const USUAL_URL = 'https://api.cohere.com'

/** docs.cohere.com/docs/compatibility-api: of the limits it lists `max_tokens` alone, and of streams no report of usage. */
const MANNERS: Manners = {
  usualUrl: USUAL_URL,
  streamUsage: 'never',
  forwardHeaders: [],
  healthPath: '/v1/models',
  quirks: [nameLimitMaxTokens],
}

/** Chat and embeddings through its compatible API; rerank, which that does not have, through its own. */
function place(path: string): string {
  return path === '/rerank' ? '/v2/rerank' : `/compatibility/v1${path}`
}

/** The base URL may be the host alone, or that of either API. Throws an Error for one that cannot work. */
function hostOf(baseUrl: string): string {
  const { origin, path } = parseBaseUrl(baseUrl)
  return origin + path.replace(/(?:\/compatibility)?\/v\d$/, '')
}

export const cohere: ProviderType = {
  keyVariable: 'COHERE_API_KEY',
  baseUrl: USUAL_URL,
  create: settings => ({
    ...speakOpenAi(settings, MANNERS),
    baseUrl: hostOf(settings.baseUrl ?? USUAL_URL),
    endpoints: openaiEndpoints(['chat', 'embeddings', 'rerank'], place),
  }),
}
