import type { FactsTable, LongContextPrice, ModelFacts, ModelPrice } from './facts.ts'

/*
 * Windows and limits: OpenAI's model pages, as gpt-tokenizer 4.0.0 tabulates them; prices: developers.openai.com/api/docs/pricing
 * by way of two transcriptions; docs/models.md has the list of what comes from where. A member that is missing is not verified.
 */

const SEEING = { input: ['text', 'image'], output: ['text'] } as const

/** "Only the default (1) value is supported"; the reference says of `stop` that o3 and o4-mini refuse it. */
const UNSAMPLED = ['temperature', 'top_p', 'frequency_penalty', 'presence_penalty', 'logprobs'] as const
const GPT_5: ModelFacts = { ...SEEING, contextWindow: 400_000, maxOutput: 128_000, refuses: UNSAMPLED }
const O_SERIES: ModelFacts = { ...SEEING, contextWindow: 200_000, maxOutput: 100_000, refuses: UNSAMPLED }
const O3: ModelFacts = { ...O_SERIES, refuses: [...UNSAMPLED, 'stop'] }

/** From 5.1 on they do not reason unless asked to, and can be sampled as long as they do not. */
const UNSAMPLED_REASONING = ['temperature', 'top_p', 'logprobs'] as const
const GPT_5_1: ModelFacts = {
  ...SEEING,
  contextWindow: 400_000,
  maxOutput: 128_000,
  refusesWhileReasoning: UNSAMPLED_REASONING,
}

const LARGE = { ...SEEING, contextWindow: 1_050_000, maxOutput: 128_000 }
const GPT_4_1 = { ...SEEING, contextWindow: 1_047_576, maxOutput: 32_768 }
const GPT_4O = { ...SEEING, contextWindow: 128_000, maxOutput: 16_384 }

function usd(input: number, output: number, cacheRead: number, longContext?: LongContextPrice): ModelPrice {
  return { input, output, cacheRead, ...(longContext !== undefined && { longContext }) }
}

/** Above 272,000 tokens of input, all of a call costs twice its input and half as much again for its output. */
function tiered(input: number, output: number, cacheRead: number): ModelPrice {
  return usd(input, output, cacheRead, { above: 272_000, ...usd(input * 2, output * 1.5, cacheRead * 2) })
}

export const openaiModels: FactsTable = {
  'gpt-5.6-sol': { ...LARGE, price: tiered(5, 30, 0.5) },
  'gpt-5.6-terra': { ...LARGE, price: tiered(2, 12, 0.2) },
  'gpt-5.6-luna': { ...LARGE, price: tiered(0.2, 1.2, 0.02) },
  'gpt-5.5': { ...LARGE, price: tiered(5, 30, 0.5) },
  'gpt-5.5-pro': { ...LARGE, price: { input: 30, output: 180 } },
  'gpt-5.4': { ...LARGE, refusesWhileReasoning: UNSAMPLED_REASONING, price: tiered(2.5, 15, 0.25) },
  'gpt-5.4-mini': { ...GPT_5_1, price: usd(0.75, 4.5, 0.075) },
  'gpt-5.4-nano': { ...GPT_5_1, price: usd(0.2, 1.25, 0.02) },
  'gpt-5.2': { ...GPT_5_1, price: usd(1.75, 14, 0.175) },
  'gpt-5.1': { ...GPT_5_1, price: usd(1.25, 10, 0.125) },
  'gpt-5': { ...GPT_5, price: usd(1.25, 10, 0.125) },
  'gpt-5-mini': { ...GPT_5, price: usd(0.25, 2, 0.025) },
  'gpt-5-nano': { ...GPT_5, price: usd(0.05, 0.4, 0.005) },
  'gpt-5-chat': GPT_4O,
  'gpt-4.1': { ...GPT_4_1, price: usd(2, 8, 0.5) },
  'gpt-4.1-mini': { ...GPT_4_1, price: usd(0.4, 1.6, 0.1) },
  'gpt-4.1-nano': { ...GPT_4_1, price: usd(0.1, 0.4, 0.025) },
  'gpt-4o': { ...GPT_4O, price: usd(2.5, 10, 1.25) },
  'gpt-4o-mini': { ...GPT_4O, price: usd(0.15, 0.6, 0.075) },
  o3: O3,
  'o4-mini': { ...O3, price: usd(1.1, 4.4, 0.275) },
  'o3-mini': { ...O_SERIES, input: ['text'], price: usd(1.1, 4.4, 0.55) },
  o1: { ...O_SERIES, price: usd(15, 60, 7.5) },
}
