import { createOpenAi, type OpenAiVariant } from './openai.ts'
import type { ProviderType } from './provider-type.ts'
import {
  dropStoreFalse,
  dropStreamOptions,
  nameDeveloperSystem,
  nameLimitMaxTokens,
  nameSeedRandomSeed,
} from './quirks.ts'

/** It answers 422 `extra_forbidden` to unknown members, and always reports usage in the last chunk. */
const VARIANT: OpenAiVariant = {
  defaultUrl: 'https://api.mistral.ai/v1',
  streamUsage: 'always',
  quirks: [dropStreamOptions, nameLimitMaxTokens, nameSeedRandomSeed, nameDeveloperSystem, dropStoreFalse],
  operations: ['chat', 'embeddings', 'moderations', 'transcription'],
  // It refuses other ids: "must be a-z, A-Z, 0-9, with a length of 9".
  toolLimits: {
    id: { fits: /^[A-Za-z0-9]{9}$/, length: 9, opaque: true },
    name: { fits: /^[\w-]{1,64}$/, length: 64 },
  },
}

export const mistral: ProviderType = {
  keyVariable: 'MISTRAL_API_KEY',
  baseUrl: VARIANT.defaultUrl,
  create: settings => createOpenAi(settings, VARIANT),
}
