import type { FactsTable, ModelFacts, ModelPrice } from './facts.ts'

/*
 * Windows and limits: the models' pages on platform.claude.com/docs, prices: its page about-claude/pricing, both as of
 * October 2026; docs/models.md has the list of what comes from where.
 */

const LARGE = { contextWindow: 1_000_000, maxOutput: 128_000 }
const SMALL = { contextWindow: 200_000, maxOutput: 64_000 }
const SEEING = { input: ['text', 'image', 'file'], output: ['text'] } as const

/** From Opus 4.7 on: a budget, or a sampling setting that is not its default, is a 400 (migration guide of Opus 4.7). */
const ADAPTIVE = { ...SEEING, thinking: 'adaptive', refuses: ['temperature', 'top_p', 'top_k'] } as const

const BUDGET = { ...SEEING, thinking: 'budget' } as const

/** The pricing page's multipliers: a cache write of 5 minutes costs 1.25 times the input, a read a tenth where not said. */
function usd(input: number, output: number, cacheRead = input / 10): ModelPrice {
  return { input, output, cacheRead, cacheWrite: input * 1.25 }
}

const OPUS_4: ModelFacts = { ...BUDGET, contextWindow: 200_000, maxOutput: 32_000, price: usd(15, 75, 1.5) }
const SONNET_4: ModelFacts = { ...BUDGET, ...SMALL, price: usd(3, 15, 0.3) }

export const anthropicModels: FactsTable = {
  'claude-fable-5-1': { ...ADAPTIVE, ...LARGE, price: usd(10, 50, 0.25) },
  'claude-fable-5': { ...ADAPTIVE, ...LARGE, price: usd(10, 50, 1) },
  'claude-opus-5-5': { ...ADAPTIVE, ...LARGE, price: usd(4, 20, 0.2) },
  'claude-opus-5': { ...ADAPTIVE, ...LARGE, price: usd(5, 25, 0.5) },
  'claude-opus-4-8': { ...ADAPTIVE, ...LARGE, price: usd(5, 25, 0.5) },
  'claude-opus-4-7': { ...ADAPTIVE, ...LARGE, price: usd(5, 25, 0.5) },
  'claude-opus-4-6': { ...BUDGET, ...LARGE, price: usd(5, 25, 0.5) },
  'claude-opus-4-5': { ...BUDGET, ...SMALL, price: usd(5, 25, 0.5) },
  'claude-opus-4-1': OPUS_4,
  'claude-opus-4': OPUS_4,
  'claude-sonnet-5-5': { ...ADAPTIVE, ...LARGE, price: usd(2, 10, 0.1) },
  'claude-sonnet-5': { ...ADAPTIVE, ...LARGE, price: usd(2, 10, 0.2) },
  'claude-sonnet-4-6': { ...BUDGET, contextWindow: 1_000_000, maxOutput: 64_000, price: usd(3, 15, 0.3) },
  'claude-sonnet-4-5': SONNET_4,
  'claude-sonnet-4': SONNET_4,
  'claude-haiku-5-5': {
    ...ADAPTIVE,
    ...LARGE,
    price: { ...usd(0.1, 0.5, 0.01), longContext: { above: 100_000, ...usd(0.5, 2.5, 0.05) } },
  },
  'claude-haiku-4-5': { ...BUDGET, ...SMALL, price: usd(1, 5, 0.1) },
  'claude-3-5-haiku': { ...SEEING, contextWindow: 200_000, maxOutput: 8192, price: usd(0.8, 4, 0.08) },
  'claude-3-haiku': {
    ...SEEING,
    contextWindow: 200_000,
    maxOutput: 4096,
    price: { input: 0.25, output: 1.25, cacheRead: 0.03, cacheWrite: 0.3 },
  },
}
