import { parseBaseUrl } from './base-url.ts'
import { createOpenAi, OPENAI_LEAST_OUTPUT, type OpenAiVariant } from './openai.ts'
import { EVERY_OPERATION, openaiEndpoints } from './openai-endpoints.ts'
import type { Provider } from './provider.ts'
import type { ProviderSettings, ProviderType } from './provider-type.ts'

/** Its Responses API exists in the v1 API only, and not for every deployment; chat calls can express the same. */
const MISSING: ReadonlySet<string> = new Set(['moderations', 'rerank', 'responses'])
const OPERATIONS = EVERY_OPERATION.filter(operation => !MISSING.has(operation))

const VARIANT: OpenAiVariant = {
  defaultUrl: 'https://resource.openai.azure.com/openai/v1',
  streamUsage: 'on-request',
  operations: OPERATIONS,
  leastOutput: OPENAI_LEAST_OUTPUT,
}

/** The address of a resource, and how its paths are made. */
interface Address {
  readonly baseUrl: string
  toPath(path: string, model: string): string
  readonly healthPath: string
}

/**
 * OpenAI's models at Microsoft: without an `apiVersion` through the v1 API, where the model is the name of the deployment; with one
 * through the older API, where the deployment is in the path (learn.microsoft.com/azure/foundry/openai/api-version-lifecycle), or
 * through the API for models of all makers if the base URL ends with `/models`.
 */
function createAzure(settings: ProviderSettings): Provider {
  if (settings.baseUrl === undefined) throw new Error(`Provider ${settings.name} needs a baseUrl.`)
  const { baseUrl, toPath, healthPath } = addressOf(settings.baseUrl, settings.apiVersion)
  return {
    ...createOpenAi({ ...settings, baseUrl: VARIANT.defaultUrl }, VARIANT),
    baseUrl,
    endpoints: openaiEndpoints(OPERATIONS, toPath),
    authorize: (_request, key) => keyHeader(key),
    reasoningOf: () => ({ signer: 'openai' }),
    healthCheck: () => ({ method: 'GET', path: healthPath }),
  }
}

/** The base URL may be that of the resource, or any that its portal shows below it. */
function addressOf(given: string, apiVersion: string | undefined): Address {
  const { origin, path } = parseBaseUrl(given)
  if (apiVersion !== undefined && !/^[\w.-]+$/.test(apiVersion))
    throw new Error('The apiVersion may hold letters, digits and _ . - only.')
  const version = apiVersion === undefined ? '' : `?api-version=${apiVersion}`
  if (path.endsWith('/models')) {
    if (version === '') throw new Error('A base URL that ends with /models needs an apiVersion.')
    return { baseUrl: origin + path, toPath: path => path + version, healthPath: `/info${version}` }
  }
  const prefix = path.replace(/\/openai(?:\/v1|\/deployments(?:\/.*)?)?$/, '')
  if (version === '' || path.endsWith('/openai/v1')) {
    return { baseUrl: `${origin}${prefix}/openai/v1`, toPath: path => path + version, healthPath: `/models${version}` }
  }
  return {
    baseUrl: `${origin}${prefix}/openai`,
    toPath: (path, model) => `/deployments/${encodeURIComponent(model)}${path}${version}`,
    healthPath: `/models${version}`,
  }
}

/** A token of Entra, which is a JWT, is a bearer token; a key of the resource has its own header. */
function keyHeader(key: string | undefined): Record<string, string> {
  if (!key) return {}
  return /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(key) ? { authorization: `Bearer ${key}` } : { 'api-key': key }
}

export const azure: ProviderType = { create: createAzure }
