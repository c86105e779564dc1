import { createAnthropic } from './anthropic.ts'
import { createOpenAi } from './openai.ts'
import { chooseDialect, type ProviderType } from './provider-type.ts'

/** The models that the simulator lists; it accepts any other name, too. */
export const SIMULATED_MODELS: readonly string[] = ['echo', 'echo-mini']

/** The built-in simulator, without a key. Its address, known once it runs, is passed as `baseUrl`. */
export const sim: ProviderType = {
  create(settings) {
    if (settings.baseUrl === undefined) throw new Error(`Provider ${settings.name} needs a simulator that runs.`)
    const dialect = chooseDialect(settings, ['openai-chat', 'anthropic'])
    if (dialect === 'anthropic') return { ...createAnthropic(settings), models: SIMULATED_MODELS }
    return {
      ...createOpenAi(settings, {
        defaultUrl: 'http://127.0.0.1/v1',
        streamUsage: 'on-request',
        operations: ['chat', 'embeddings'],
      }),
      models: SIMULATED_MODELS,
    }
  },
}
