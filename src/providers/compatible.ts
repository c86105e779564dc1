import { speakAnthropic } from './anthropic.ts'
import { LEAST_OF_OPENAI, type Manners, type Quirk, speakOpenAi } from './openai.ts'
import { EVERY_OPERATION, type OpenAiOperation } from './openai-endpoints.ts'
import type { Provider } from './provider.ts'
import { chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'
import { nameDeveloperSystem, nameLimitMaxTokens } from './quirks.ts'

/** A vendor that speaks OpenAI's dialect: adding one is adding a row. */
interface Vendor {
  readonly baseUrl: string
  /** Absent for servers that people run themselves, usually without a key. */
  readonly keyVariable?: string
  readonly streamUsage: Provider['streamUsage']
  readonly healthPath?: string
  readonly quirks?: readonly Quirk[]
  /** As `Provider.leastOutput`. */
  readonly leastOutput?: number
  /** What it has in OpenAI's shape, by its documentation; chat alone unless set. */
  readonly operations?: readonly OpenAiOperation[]
}

const VENDORS: Readonly<Record<string, Vendor>> = {
  // Some models report usage unasked (also as `x_groq.usage`), all of them when asked.
  groq: {
    baseUrl: 'https://api.groq.com/openai/v1',
    keyVariable: 'GROQ_API_KEY',
    streamUsage: 'on-request',
    operations: ['chat', 'speech', 'transcription', 'translation'],
  },
  // Its documented parameters have `max_tokens` alone; it answers 400 `unknown variant` to the role `developer`.
  deepseek: {
    baseUrl: 'https://api.deepseek.com/v1',
    keyVariable: 'DEEPSEEK_API_KEY',
    streamUsage: 'on-request',
    quirks: [nameLimitMaxTokens, nameDeveloperSystem],
  },
  together: {
    baseUrl: 'https://api.together.xyz/v1',
    keyVariable: 'TOGETHER_API_KEY',
    streamUsage: 'on-request',
    operations: [
      ...(['chat', 'completions', 'embeddings', 'rerank'] as const),
      ...(['image-generation', 'speech', 'transcription', 'translation'] as const),
    ],
  },
  fireworks: {
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    keyVariable: 'FIREWORKS_API_KEY',
    streamUsage: 'on-request',
    operations: ['chat', 'completions', 'embeddings', 'rerank'],
  },
  // openrouter.ai/docs/use-cases/usage-accounting: always in the last event, `stream_options` has no effect.
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    keyVariable: 'OPENROUTER_API_KEY',
    streamUsage: 'always',
    // It sells OpenAI's models, too.
    leastOutput: LEAST_OF_OPENAI,
    operations: ['chat', 'completions', 'embeddings'],
  },
  xai: {
    baseUrl: 'https://api.x.ai/v1',
    keyVariable: 'XAI_API_KEY',
    streamUsage: 'on-request',
    operations: ['chat', 'responses', 'image-generation'],
  },
  // Chat has no version in its path, the list of models does.
  perplexity: {
    baseUrl: 'https://api.perplexity.ai',
    keyVariable: 'PERPLEXITY_API_KEY',
    streamUsage: 'always',
    healthPath: '/v1/models',
  },
  // Reported to answer 422 to `stream_options`.
  cerebras: {
    baseUrl: 'https://api.cerebras.ai/v1',
    keyVariable: 'CEREBRAS_API_KEY',
    streamUsage: 'never',
    operations: ['chat', 'completions'],
  },
  // No chat here: the API of its search answers at another host.
  jina: {
    baseUrl: 'https://api.jina.ai/v1',
    keyVariable: 'JINA_API_KEY',
    streamUsage: 'never',
    operations: ['embeddings', 'rerank'],
  },
  // docs.ollama.com/api/openai-compatibility lists `stream_options` and, of the limits, `max_tokens` alone.
  ollama: {
    baseUrl: 'http://127.0.0.1:11434/v1',
    streamUsage: 'on-request',
    quirks: [nameLimitMaxTokens],
    operations: ['chat', 'completions', 'embeddings'],
  },
  // docs.vllm.ai/en/latest/serving/openai_compatible_server.html
  vllm: {
    baseUrl: 'http://127.0.0.1:8000/v1',
    streamUsage: 'on-request',
    operations: ['chat', 'completions', 'embeddings', 'rerank', 'transcription', 'translation'],
  },
}

/** Who knows what answers there: asked for everything, but not for usage, since servers exist that refuse the question. */
const UNKNOWN: Manners = {
  usualUrl: 'https://llm.invalid/v1',
  streamUsage: 'never',
  forwardHeaders: [],
  // One that has the Responses API is said to by `dialect`: most have not, and are asked for a chat.
  operations: EVERY_OPERATION.filter(operation => operation !== 'responses'),
}

function typeOf({ baseUrl, keyVariable, ...ways }: Vendor): ProviderType {
  const { operations = ['chat'] } = ways
  const manners: Manners = { ...ways, usualUrl: baseUrl, forwardHeaders: [] }
  return {
    baseUrl,
    ...(keyVariable !== undefined && { keyVariable }),
    ...(!operations.includes('chat') && { withoutChat: true }),
    create: settings => speakOpenAi(settings, manners),
  }
}

/** Any server that speaks the dialect; `dialect: anthropic` or `openai-responses` for those that speak another one instead. */
function createUnknown(settings: ProviderSettings): Provider {
  if (settings.baseUrl === undefined) throw new Error(`Provider ${settings.name} needs a baseUrl.`)
  const dialect = chooseDialect(settings, ['openai-chat', 'anthropic', 'openai-responses'])
  return dialect === 'anthropic' ? speakAnthropic(settings) : speakOpenAi(settings, UNKNOWN)
}

export const compatible: Readonly<Record<string, ProviderType>> = {
  ...Object.fromEntries(Object.entries(VENDORS).map(([name, vendor]) => [name, typeOf(vendor)])),
  'openai-compatible': { create: createUnknown },
}
