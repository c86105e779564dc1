import type { Kind } from '../call/fault.ts'
import type { Json, JsonObject } from '../call/json.ts'
import type { ToolLimits } from '../call/tool-words.ts'
import { toolLimitsOf } from '../dialects/tool-limits.ts'
import { normaliseBaseUrl } from './base-url.ts'
import { errorObject } from './error-body.ts'
import { EVERY_OPERATION, type OpenAiOperation, openaiEndpoints } from './openai-endpoints.ts'
import type { Endpoint, Provider } from './provider.ts'
import { chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'

/** In what a vendor that speaks OpenAI's chat dialect may differ from OpenAI. */
export interface Manners {
  /** The vendor's own base URL; its path also completes a user's URL that has none. */
  readonly usualUrl: string
  readonly streamUsage: Provider['streamUsage']
  readonly forwardHeaders: readonly string[]
  /** Below the base URL; `/models` unless the vendor has it elsewhere. */
  readonly healthPath?: string
  /** Applied in order to the wire body; each returns its input when there is nothing to change. */
  readonly quirks?: readonly Quirk[]
  /** What it has in OpenAI's shape; chat alone unless set. */
  readonly operations?: readonly OpenAiOperation[]
  readonly toolLimits?: ToolLimits | undefined
  /** Of its chat; that of the Responses API is `LEAST_OF_OPENAI`. */
  readonly leastOutput?: number
}

/** A vendor's way that OpenAI's own bodies offend. Never changes its input; returns it as it is when it does not apply. */
export type Quirk = (body: JsonObject) => JsonObject

/**
 * Error codes by which OpenAI says that the account behind the key has no money (platform.openai.com/docs/guides/error-codes);
 * the status beside them is 429 or 400.
 */
const UNPAID = new Set<Json | undefined>(['insufficient_quota', 'billing_not_active', 'billing_hard_limit_reached'])

/**
 * To less the Responses API answers 400 (`integer_below_min_value`: "Expected a value >= 16"), and so do newer models in Chat
 * Completions, where they cannot say a word ("Could not finish the message because max_tokens or model output limit was reached").
 */
export const LEAST_OF_OPENAI = 16

/** A provider that speaks OpenAI's chat dialect. Throws when the settings' base URL or dialect cannot work. */
export function speakOpenAi(settings: ProviderSettings, manners: Manners): Provider {
  const endpoints = endpointsOf(settings, manners)
  const { quirks = [], toolLimits } = manners
  const leastOutput = endpoints.chat === RESPONSES ? LEAST_OF_OPENAI : manners.leastOutput
  const health = { method: 'GET', path: manners.healthPath ?? '/models' } as const
  return {
    name: settings.name,
    baseUrl: normaliseBaseUrl(settings.baseUrl ?? manners.usualUrl, manners.usualUrl),
    endpoints,
    authorize: (_request, key) => bearer(key),
    forwardHeaders: manners.forwardHeaders,
    streamUsage: streamUsageOf(settings, manners),
    classify: classifyOpenAi,
    healthCheck: () => health,
    ...(toolLimits !== undefined && { toolLimits }),
    ...(leastOutput !== undefined && { leastOutput }),
    ...(quirks.length > 0 && { adjust: body => quirks.reduce((adjusted, quirk) => quirk(adjusted), body) }),
  }
}

const RESPONSES: Endpoint = { dialect: 'openai-responses', path: () => '/responses' }

/** With `dialect: openai-responses` chats are asked for there as well. */
function endpointsOf(settings: ProviderSettings, { operations = ['chat'] }: Manners): Provider['endpoints'] {
  const endpoints = openaiEndpoints(operations)
  const dialect = chooseDialect(settings, ['openai-chat', RESPONSES.dialect])
  return dialect === RESPONSES.dialect ? { ...endpoints, chat: RESPONSES, responses: RESPONSES } : endpoints
}

function streamUsageOf({ askForUsage }: ProviderSettings, { streamUsage }: Manners): Provider['streamUsage'] {
  if (askForUsage === undefined) return streamUsage
  return askForUsage ? 'on-request' : 'never'
}

/** The header that shows a key the way OAuth does; none without a key. */
function bearer(key: string | undefined): Record<string, string> {
  return key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` }
}

/** 402 is what vendors of this dialect answer when the account has run dry (DeepSeek, OpenRouter, Together). */
function classifyOpenAi(status: number, body: Json | undefined): Kind | undefined {
  if (status === 402) return 'unauthorized'
  const { code, type } = errorObject(body)
  return UNPAID.has(code) || UNPAID.has(type) ? 'unauthorized' : undefined
}

const MANNERS: Manners = {
  usualUrl: 'https://api.openai.com/v1',
  streamUsage: 'on-request',
  forwardHeaders: ['openai-beta'],
  operations: EVERY_OPERATION.filter(operation => operation !== 'rerank'),
  toolLimits: toolLimitsOf('openai-chat'),
  leastOutput: LEAST_OF_OPENAI,
}

export const openai: ProviderType = {
  keyVariable: 'OPENAI_API_KEY',
  baseUrl: MANNERS.usualUrl,
  create: settings => ({ ...speakOpenAi(settings, MANNERS), reasoningOf: () => ({ signer: 'openai' }) }),
}
