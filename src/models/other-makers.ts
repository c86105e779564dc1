import type { FactsTable } from './facts.ts'

/*
 * Makers with few rows. docs/models.md names the figures whose only source is a reseller; figures without a source are missing.
 */

const TEXT = { input: ['text'], output: ['text'] } as const
const SEEING = { input: ['text', 'image'], output: ['text'] } as const
const DEEPSEEK_V4 = { ...TEXT, contextWindow: 1_000_000, maxOutput: 384_000 }

export const otherModels: FactsTable = {
  'deepseek-v4-flash': { ...DEEPSEEK_V4, price: { input: 0.14, output: 0.28, cacheRead: 0.0028 } },
  'deepseek-v4-pro': { ...DEEPSEEK_V4, price: { input: 0.435, output: 0.87, cacheRead: 0.003625 } },
  'mistral-medium-3-5': { ...SEEING, contextWindow: 256_000, price: { input: 1.5, output: 7.5 } },
  'mistral-large-3': { contextWindow: 262_144, price: { input: 0.5, output: 1.5 } },
  'grok-4.3': {
    ...SEEING,
    contextWindow: 1_000_000,
    price: {
      input: 1.25,
      output: 2.5,
      cacheRead: 0.2,
      longContext: { above: 204_800, input: 2.5, output: 5 },
    },
  },
  'command-a': { contextWindow: 256_000, price: { input: 2.5, output: 10 } },
  'command-r': { ...TEXT, contextWindow: 128_000, price: { input: 0.15, output: 0.6 } },
  'command-r7b': { ...TEXT, contextWindow: 128_000, price: { input: 0.0375, output: 0.15 } },
  'nova-2-lite': { contextWindow: 1_000_000, price: { input: 0.33, output: 2.75 } },
  'nova-premier': { contextWindow: 1_000_000 },
  'nova-pro': { contextWindow: 300_000 },
  'nova-lite': { contextWindow: 300_000 },
  'nova-micro': { ...TEXT, contextWindow: 128_000 },
}
