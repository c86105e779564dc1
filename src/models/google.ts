import type { FactsTable, ModelPrice } from './facts.ts'

/*
 * Windows and limits: the models' pages at cloud.google.com and ai.google.dev; prices: ai.google.dev/gemini-api/docs/pricing
 * as of September 2026, text input. docs/models.md has the list of what comes from where.
 */

const FULL = {
  contextWindow: 1_048_576,
  maxOutput: 65_535,
  input: ['text', 'image', 'audio', 'video', 'file'],
  output: ['text'],
} as const

/** Above 200,000 tokens of input the models called Pro have a second price. */
function pro(below: ModelPrice, above: ModelPrice): ModelPrice {
  return { ...below, longContext: { above: 200_000, ...above } }
}

export const googleModels: FactsTable = {
  'gemini-3.5-flash': { ...FULL, price: { input: 1.5, output: 9, cacheRead: 0.15 } },
  'gemini-3.1-pro-preview': { price: pro({ input: 2, output: 12 }, { input: 4, output: 18 }) },
  'gemini-2.5-pro': {
    ...FULL,
    price: pro({ input: 1.25, output: 10, cacheRead: 0.125 }, { input: 2.5, output: 15, cacheRead: 0.25 }),
  },
  'gemini-2.5-flash': { ...FULL, price: { input: 0.3, output: 2.5, cacheRead: 0.03 } },
  'gemini-2.5-flash-lite': { price: { input: 0.1, output: 0.4, cacheRead: 0.01 } },
}
