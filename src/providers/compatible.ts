import { createAnthropic } from './anthropic.ts'
import { createOpenAi, OPENAI_LEAST_OUTPUT, type OpenAiVariant, type Quirk } from './openai.ts'
import { EVERY_OPERATION, type OpenAiOperation } from './openai-endpoints.ts'
import type { Provider } from './provider.ts'
import { chooseDialect, type ProviderSettings, type ProviderType } from './provider-type.ts'
import { nameDeveloperSystem, nameLimitMaxTokens } from './quirks.ts'

/** A vendor that speaks OpenAI's dialect: adding one is adding a row. */
interface Vendor {
  readonly baseUrl: string
  /** Absent for self-hosted servers, which usually need no key. */
  readonly keyVariable?: string
  readonly streamUsage: Provider['streamUsage']
  readonly healthPath?: string
  readonly quirks?: readonly Quirk[]
  /** As `Provider.leastOutput`. */
  readonly leastOutput?: number
  /** What it offers in OpenAI's format, by its documentation; only chat unless set. */
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
  // It documents `max_tokens` only, and answers 400 `unknown variant` to the role `developer`.
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
  // openrouter.ai/docs/use-cases/usage-accounting: usage is always in the last event, `stream_options` has no effect.
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    keyVariable: 'OPENROUTER_API_KEY',
    streamUsage: 'always',
    // It offers OpenAI's models, too.
    leastOutput: OPENAI_LEAST_OUTPUT,
    operations: ['chat', 'completions', 'embeddings'],
  },
  xai: {
    baseUrl: 'https://api.x.ai/v1',
    keyVariable: 'XAI_API_KEY',
    streamUsage: 'on-request',
    operations: ['chat', 'responses', 'image-generation'],
  },
  // The path of chat has no version, that of the list of models does.
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
  // Its chat API (DeepSearch) is at another host.
  jina: {
    baseUrl: 'https://api.jina.ai/v1',
    keyVariable: 'JINA_API_KEY',
    streamUsage: 'never',
    operations: ['embeddings', 'rerank'],
  },
  // docs.ollama.com/api/openai-compatibility lists `stream_options`, and `max_tokens` but no `max_completion_tokens`.
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

/** A server that nothing is known of: asked for every operation, but not for usage, which some servers refuse to be asked for. */
const UNKNOWN: OpenAiVariant = {
  defaultUrl: 'https://llm.invalid/v1',
  streamUsage: 'never',
  // Most have no Responses API; `dialect` says which do. The others are asked for a chat.
  operations: EVERY_OPERATION.filter(operation => operation !== 'responses'),
}

function providerTypeOf({ baseUrl, keyVariable, ...rest }: Vendor): ProviderType {
  const { operations = ['chat'] } = rest
  const variant: OpenAiVariant = { ...rest, defaultUrl: baseUrl }
  return {
    baseUrl,
    ...(keyVariable !== undefined && { keyVariable }),
    ...(!operations.includes('chat') && { withoutChat: true }),
    create: settings => createOpenAi(settings, variant),
  }
}

/** Any server that speaks OpenAI's chat dialect, or the one that the settings name. */
function createCompatible(settings: ProviderSettings): Provider {
  if (settings.baseUrl === undefined) throw new Error(`Provider ${settings.name} needs a baseUrl.`)
  const dialect = chooseDialect(settings, ['openai-chat', 'anthropic', 'openai-responses'])
  return dialect === 'anthropic' ? createAnthropic(settings) : createOpenAi(settings, UNKNOWN)
}

export const compatible: Readonly<Record<string, ProviderType>> = {
  ...Object.fromEntries(Object.entries(VENDORS).map(([name, vendor]) => [name, providerTypeOf(vendor)])),
  'openai-compatible': { create: createCompatible },
}
