import { speakAnthropic } from './anthropic.ts'
import { speakOpenAi } from './openai.ts'
import { chooseDialect, type ProviderType } from './provider-type.ts'

/** What the simulator lists; it answers to any other name as well. */
export const SIMULATED_MODELS: readonly string[] = ['echo', 'echo-mini']

/** The built-in simulator. Whoever starts it passes its address as `baseUrl`; it speaks either dialect and needs no key. */
export const sim: ProviderType = {
  create(settings) {
    if (settings.baseUrl === undefined) throw new Error(`Provider ${settings.name} needs a simulator that runs.`)
    const dialect = chooseDialect(settings, ['openai-chat', 'anthropic'])
    if (dialect === 'anthropic') return { ...speakAnthropic(settings), models: SIMULATED_MODELS }
    return {
      ...speakOpenAi(settings, {
        usualUrl: 'http://127.0.0.1/v1',
        streamUsage: 'on-request',
        forwardHeaders: [],
        operations: ['chat', 'embeddings'],
      }),
      models: SIMULATED_MODELS,
    }
  },
}
