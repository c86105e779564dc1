import assert from 'node:assert/strict'
import { test } from 'node:test'
import { factsOf, KNOWN_MODELS } from '../../src/models/lookup.ts'
import { readText } from '../source-tree.ts'

for (const [name, plain] of [
  ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-5'],
  ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-5'],
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-5'],
  ['global.anthropic.claude-haiku-4-5-20251001-v1:0', 'claude-haiku-4-5'],
  ['us.anthropic.claude-sonnet-4-6', 'claude-sonnet-4-6'],
  ['arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-6-v1', 'claude-opus-4-6'],
  ['claude-haiku-4-5@20251001', 'claude-haiku-4-5'],
  ['claude-sonnet-4-0', 'claude-sonnet-4'],
  ['models/gemini-2.5-flash', 'gemini-2.5-flash'],
  ['publishers/google/models/gemini-2.5-pro', 'gemini-2.5-pro'],
  ['google/gemini-2.5-flash', 'gemini-2.5-flash'],
  ['gpt-5-2025-08-07', 'gpt-5'],
  ['GPT-5-mini', 'gpt-5-mini'],
  ['openai/gpt-4o', 'gpt-4o'],
  ['us.amazon.nova-2-lite-v1:0', 'nova-2-lite'],
  ['command-r-08-2024', 'command-r'],
] as const) {
  test(`${name} is known as ${plain}`, () => {
    assert.ok(KNOWN_MODELS[plain])
    assert.deepEqual(factsOf('p', name, {}), KNOWN_MODELS[plain])
  })
}

for (const name of ['gpt-5-turbo', 'gpt-5-mini-fast', 'my-claude-sonnet-4-5', 'llama-3', 'constructor', '']) {
  test(`nothing is known of "${name}"`, () => assert.deepEqual(factsOf('p', name, {}), {}))
}

test("the operator's rows win member by member, one for a provider's model before one for the model", () => {
  const own = {
    'claude-haiku-4-5': { maxOutput: 1000, defaultMaxTokens: undefined },
    'mine/claude-haiku-4-5-20251001': { contextWindow: 50 },
    llama: { maxOutput: 7 },
  }
  const facts = factsOf('mine', 'claude-haiku-4-5-20251001', own)
  assert.equal(facts.maxOutput, 1000)
  assert.equal(facts.contextWindow, 50)
  assert.equal(facts.price?.input, 1)
  assert.equal(factsOf('other', 'claude-haiku-4-5', own).contextWindow, 200_000)
  assert.deepEqual(factsOf('p', 'llama', own), { maxOutput: 7 })
})

test('what is known makes sense: limits are positive and fit into the window, cached input is cheaper than fresh', () => {
  for (const [name, { contextWindow, maxOutput, price }] of Object.entries(KNOWN_MODELS)) {
    assert.ok((maxOutput ?? 1) > 0 && (maxOutput ?? 0) <= (contextWindow ?? Number.POSITIVE_INFINITY), name)
    if (price === undefined) continue
    assert.ok(price.input > 0 && price.output >= price.input, name)
    assert.ok((price.cacheRead ?? 0) < price.input, name)
    assert.ok((price.longContext?.input ?? Number.POSITIVE_INFINITY) > price.input, name)
  }
})

test('docs/models.md has a row for every model, and for no other', () => {
  const page = readText('docs/models.md')
  const listed = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual(listed.toSorted(), Object.keys(KNOWN_MODELS).toSorted())
})
