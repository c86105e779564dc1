import { anthropic } from './anthropic.ts'
import { azure } from './azure.ts'
import { bedrock } from './bedrock.ts'
import { cohere } from './cohere.ts'
import { compatible } from './compatible.ts'
import { gemini } from './gemini.ts'
import { mistral } from './mistral.ts'
import { openai } from './openai.ts'
import type { Provider } from './provider.ts'
import type { ProviderSettings, ProviderType } from './provider-type.ts'
import { sim } from './sim.ts'
import { vertex, vertexAnthropic } from './vertex.ts'

/** Every type of provider, by the name that the configuration uses. */
export const providerTypes: Readonly<Record<string, ProviderType>> = {
  openai,
  anthropic,
  gemini,
  vertex,
  'vertex-anthropic': vertexAnthropic,
  bedrock,
  azure,
  cohere,
  mistral,
  ...compatible,
  sim,
}

/** A provider of the named type. Throws an Error, safe to show, for an unknown type or settings that cannot work. */
export function createProvider(type: string, settings: ProviderSettings): Provider {
  if (!Object.hasOwn(providerTypes, type)) {
    throw new Error(`Unknown provider type ${type}; known are ${Object.keys(providerTypes).join(', ')}.`)
  }
  return (providerTypes[type] as ProviderType).create(settings)
}
