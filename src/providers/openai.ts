import type { Kind } from '../call/fault.ts'
import type { Json, JsonObject } from '../call/json.ts'
import type { ToolLimits } from '../call/tool-words.ts'
import { toolLimitsOf } from '../dialects/tool-limits.ts'
import { normaliseBaseUrl } from './base-url.ts'
import { errorObject } from './error-body.ts'
import { EVERY_OPERATION, type OpenAiOperation, openaiEndpoints } from './openai-endpoints.ts'
import type { Endpoint, Provider } from './provider.ts'
import { chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'

/** How a vendor that speaks OpenAI's chat dialect may differ from OpenAI. */
export interface OpenAiVariant {
  /** The vendor's own base URL; its path also completes a user's URL that has none. */
  readonly defaultUrl: string
  readonly streamUsage: Provider['streamUsage']
  /** None unless set. */
  readonly forwardHeaders?: readonly string[]
  /** The path of the list of models below the base URL; `/models` unless set. */
  readonly healthPath?: string
  /** Applied in order to the wire body; each returns its input when there is nothing to change. */
  readonly quirks?: readonly Quirk[]
  /** What it offers in OpenAI's format; only chat unless set. */
  readonly operations?: readonly OpenAiOperation[]
  readonly toolLimits?: ToolLimits | undefined
  /** Provider.leastOutput for its chat API; for the Responses API it is OPENAI_LEAST_OUTPUT. */
  readonly leastOutput?: number
}

/** Adapts a body of OpenAI's format to a vendor that would refuse it. Returns its input, which it never changes, when it does not apply. */
export type Quirk = (body: JsonObject) => JsonObject

/**
 * Error codes by which OpenAI says that the account behind the key has no money (platform.openai.com/docs/guides/error-codes);
 * the status beside them is 429 or 400.
 */
const UNPAID = new Set<Json | undefined>(['insufficient_quota', 'billing_not_active', 'billing_hard_limit_reached'])

/**
 * The Responses API answers 400 to a smaller limit (`integer_below_min_value`: "Expected a value >= 16"), as newer models do in
 * Chat Completions ("Could not finish the message because max_tokens or model output limit was reached").
 */
export const OPENAI_LEAST_OUTPUT = 16

/** A provider that speaks OpenAI's chat dialect. Throws when the settings' base URL or dialect cannot work. */
export function createOpenAi(settings: ProviderSettings, variant: OpenAiVariant): Provider {
  const endpoints = endpointsOf(settings, variant)
  const { quirks = [], forwardHeaders = [], toolLimits } = variant
  const leastOutput = endpoints.chat === RESPONSES ? OPENAI_LEAST_OUTPUT : variant.leastOutput
  const health = { method: 'GET', path: variant.healthPath ?? '/models' } as const
  return {
    name: settings.name,
    baseUrl: normaliseBaseUrl(settings.baseUrl ?? variant.defaultUrl, variant.defaultUrl),
    endpoints,
    authorize: (_request, key) => bearer(key),
    forwardHeaders,
    streamUsage: streamUsageOf(settings, variant),
    classify: classifyOpenAi,
    healthCheck: () => health,
    ...(toolLimits !== undefined && { toolLimits }),
    ...(leastOutput !== undefined && { leastOutput }),
    ...(quirks.length > 0 && { adjust: body => quirks.reduce((adjusted, quirk) => quirk(adjusted), body) }),
  }
}

const RESPONSES: Endpoint = { dialect: 'openai-responses', path: () => '/responses' }

/** With `dialect: openai-responses` chat calls go to the Responses API as well. */
function endpointsOf(settings: ProviderSettings, { operations = ['chat'] }: OpenAiVariant): Provider['endpoints'] {
  const endpoints = openaiEndpoints(operations)
  const dialect = chooseDialect(settings, ['openai-chat', RESPONSES.dialect])
  return dialect === RESPONSES.dialect ? { ...endpoints, chat: RESPONSES, responses: RESPONSES } : endpoints
}

function streamUsageOf({ askForUsage }: ProviderSettings, { streamUsage }: OpenAiVariant): Provider['streamUsage'] {
  if (askForUsage === undefined) return streamUsage
  return askForUsage ? 'on-request' : 'never'
}

/** The key as a bearer token; no header without a key. */
function bearer(key: string | undefined): Record<string, string> {
  return key ? { authorization: `Bearer ${key}` } : {}
}

/** Vendors of this dialect answer 402 when the account has no credit (DeepSeek, OpenRouter, Together). */
function classifyOpenAi(status: number, body: Json | undefined): Kind | undefined {
  if (status === 402) return 'unauthorized'
  const { code, type } = errorObject(body)
  return UNPAID.has(code) || UNPAID.has(type) ? 'unauthorized' : undefined
}

const VARIANT: OpenAiVariant = {
  defaultUrl: 'https://api.openai.com/v1',
  streamUsage: 'on-request',
  forwardHeaders: ['openai-beta'],
  operations: EVERY_OPERATION.filter(operation => operation !== 'rerank'),
  toolLimits: toolLimitsOf('openai-chat'),
  leastOutput: OPENAI_LEAST_OUTPUT,
}

export const openai: ProviderType = {
  keyVariable: 'OPENAI_API_KEY',
  baseUrl: VARIANT.defaultUrl,
  create: settings => ({ ...createOpenAi(settings, VARIANT), reasoningOf: () => ({ signer: 'openai' }) }),
}
