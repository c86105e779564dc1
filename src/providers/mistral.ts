import { type Manners, speakOpenAi } from './openai.ts'
import type { ProviderType } from './provider-type.ts'
import {
  dropStoreFalse,
  dropStreamOptions,
  nameDeveloperSystem,
  nameLimitMaxTokens,
  nameSeedRandomSeed,
} from './quirks.ts'

/** Answers 422 `extra_forbidden` to members that it does not know; reports usage in the last chunk, unasked. */
const MANNERS: Manners = {
  usualUrl: 'https://api.mistral.ai/v1',
  streamUsage: 'always',
  forwardHeaders: [],
  quirks: [dropStreamOptions, nameLimitMaxTokens, nameSeedRandomSeed, nameDeveloperSystem, dropStoreFalse],
  operations: ['chat', 'embeddings', 'moderations', 'transcription'],
  // To other ids: "must be a-z, A-Z, 0-9, with a length of 9".
  toolLimits: {
    id: { fits: /^[A-Za-z0-9]{9}$/, length: 9, opaque: true },
    name: { fits: /^[\w-]{1,64}$/, length: 64 },
  },
}

export const mistral: ProviderType = {
  keyVariable: 'MISTRAL_API_KEY',
  baseUrl: MANNERS.usualUrl,
  create: settings => speakOpenAi(settings, MANNERS),
}
