import { parseBaseUrl } from './base-url.ts'
import { LEAST_OF_OPENAI, type Manners, speakOpenAi } from './openai.ts'
import { EVERY_OPERATION, openaiEndpoints } from './openai-endpoints.ts'
import type { Provider } from './provider.ts'
import type { ProviderSettings, ProviderType } from './provider-type.ts'

/** Its Responses API is one of the v1 API alone, and by no means of every deployment: chats say the same. */
const LACKING: ReadonlySet<string> = new Set(['moderations', 'rerank', 'responses'])
const OPERATIONS = EVERY_OPERATION.filter(operation => !LACKING.has(operation))

const MANNERS: Manners = {
  usualUrl: 'https://resource.openai.azure.com/openai/v1',
  streamUsage: 'on-request',
  forwardHeaders: [],
  operations: OPERATIONS,
  leastOutput: LEAST_OF_OPENAI,
}

/** Where a resource answers, and how its paths are made. */
interface Address {
  readonly baseUrl: string
  place(path: string, model: string): string
  readonly healthPath: string
}

/**
 * OpenAI's models at Microsoft. Without an `apiVersion` by the v1 API, where the model is the name of the deployment; with one by
 * the older API, where the deployment stands in the path (learn.microsoft.com/azure/foundry/openai/api-version-lifecycle); or
 * by the API for models of all makers, where the base URL ends with `/models`.
 */
function createAzure(settings: ProviderSettings): Provider {
  if (settings.baseUrl === undefined) throw new Error(`Provider ${settings.name} needs a baseUrl.`)
  const { baseUrl, place, healthPath } = addressOf(settings.baseUrl, settings.apiVersion)
  return {
    ...speakOpenAi({ ...settings, baseUrl: MANNERS.usualUrl }, MANNERS),
    baseUrl,
    endpoints: openaiEndpoints(OPERATIONS, place),
    authorize: (_request, key) => proofOf(key),
    reasoningOf: () => ({ signer: 'openai' }),
    healthCheck: () => ({ method: 'GET', path: healthPath }),
  }
}

/** The base URL may be the resource alone, or anything that its portal shows below it. */
function addressOf(given: string, apiVersion: string | undefined): Address {
  const { origin, path } = parseBaseUrl(given)
  if (apiVersion !== undefined && !/^[\w.-]+$/.test(apiVersion)) throw new Error('The apiVersion is none of a vendor.')
  const version = apiVersion === undefined ? '' : `?api-version=${apiVersion}`
  if (path.endsWith('/models')) {
    if (version === '') throw new Error('A base URL that ends with /models needs an apiVersion.')
    return { baseUrl: origin + path, place: below => below + version, healthPath: `/info${version}` }
  }
  const prefix = path.replace(/\/openai(?:\/v1|\/deployments(?:\/.*)?)?$/, '')
  if (version === '' || path.endsWith('/openai/v1')) {
    return { baseUrl: `${origin}${prefix}/openai/v1`, place: below => below + version, healthPath: `/models${version}` }
  }
  return {
    baseUrl: `${origin}${prefix}/openai`,
    place: (below, model) => `/deployments/${encodeURIComponent(model)}${below}${version}`,
    healthPath: `/models${version}`,
  }
}

/** A token of Entra's is a JWT, and is shown as OAuth does; a key of the resource has a header of its own. */
function proofOf(key: string | undefined): Record<string, string> {
  if (key === undefined || key === '') return {}
  return /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(key) ? { authorization: `Bearer ${key}` } : { 'api-key': key }
}

export const azure: ProviderType = { create: createAzure }
