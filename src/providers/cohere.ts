import { parseBaseUrl } from './base-url.ts'
import { createOpenAi, type OpenAiVariant } from './openai.ts'
import { openaiEndpoints } from './openai-endpoints.ts'
import type { ProviderType } from './provider-type.ts'
import { nameLimitMaxTokens } from './quirks.ts'

const DEFAULT_URL = 'https://api.cohere.com'

/** docs.cohere.com/docs/compatibility-api lists `max_tokens` but no `max_completion_tokens`, and no usage of streams. */
const VARIANT: OpenAiVariant = {
  defaultUrl: DEFAULT_URL,
  streamUsage: 'never',
  healthPath: '/v1/models',
  quirks: [nameLimitMaxTokens],
}

/** Chat and embeddings are asked for through its compatible API; rerank, which that lacks, through its own. */
function pathOf(path: string): string {
  return path === '/rerank' ? '/v2/rerank' : `/compatibility/v1${path}`
}

/** The URL of the host, from its own or from the base URL of either API. Throws an Error for one that cannot work. */
function hostOf(baseUrl: string): string {
  const { origin, path } = parseBaseUrl(baseUrl)
  return origin + path.replace(/(?:\/compatibility)?\/v\d$/, '')
}

export const cohere: ProviderType = {
  keyVariable: 'COHERE_API_KEY',
  baseUrl: DEFAULT_URL,
  create: settings => ({
    ...createOpenAi(settings, VARIANT),
    baseUrl: hostOf(settings.baseUrl ?? DEFAULT_URL),
    endpoints: openaiEndpoints(['chat', 'embeddings', 'rerank'], pathOf),
  }),
}
