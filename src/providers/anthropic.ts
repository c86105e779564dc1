import type { Kind } from '../call/fault.ts'
import type { Json } from '../call/json.ts'
import { toolLimitsOf } from '../dialects/tool-limits.ts'
import { normaliseBaseUrl } from './base-url.ts'
import { errorObject } from './error-body.ts'
import type { Provider } from './provider.ts'
import { chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'

const DEFAULT_URL = 'https://api.anthropic.com/v1'

/** The only version of the Messages API (docs.anthropic.com/en/api/versioning). */
const VERSION = '2023-06-01'

/** Messages of a 400 `invalid_request_error` that concern the account, not the request; there is no code for them. */
const UNPAID = /credit balance is too low|reached your specified API usage limits/i

/** A provider that speaks the Messages API, at Anthropic or elsewhere. Throws for a base URL or dialect that cannot work. */
export function createAnthropic(settings: ProviderSettings): Provider {
  const dialect = chooseDialect(settings, ['anthropic'])
  const health = { method: 'GET', path: '/models' } as const
  const toolLimits = toolLimitsOf(dialect)
  return {
    name: settings.name,
    baseUrl: normaliseBaseUrl(settings.baseUrl ?? DEFAULT_URL, DEFAULT_URL),
    endpoints: { chat: { dialect, path: () => '/messages' } },
    modelListQuery: 'limit=1000',
    countTokens: { dialect, path: () => '/messages/count_tokens' },
    authorize: (_request, key) => apiKeyHeader(key),
    forwardHeaders: ['anthropic-version', 'anthropic-beta'],
    headers: { 'anthropic-version': VERSION },
    streamUsage: 'always',
    classify: classifyAnthropic,
    healthCheck: () => health,
    ...(toolLimits !== undefined && { toolLimits }),
  }
}

function apiKeyHeader(key: string | undefined): Record<string, string> {
  return key ? { 'x-api-key': key } : {}
}

function classifyAnthropic(status: number, body: Json | undefined): Kind | undefined {
  const { type, message } = errorObject(body)
  if (status === 529 || type === 'overloaded_error') return 'overloaded'
  if (status === 402 || type === 'billing_error') return 'unauthorized'
  return status === 400 && typeof message === 'string' && UNPAID.test(message) ? 'unauthorized' : undefined
}

export const anthropic: ProviderType = {
  keyVariable: 'ANTHROPIC_API_KEY',
  baseUrl: DEFAULT_URL,
  // Not in createAnthropic: other servers of this API may not sign, and still want their reasoning back.
  create: settings => ({
    ...createAnthropic(settings),
    reasoningOf: () => ({ signer: 'claude', signedReasoning: true }),
  }),
}
