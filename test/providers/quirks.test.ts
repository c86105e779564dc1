import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/call/json.ts'
import type { Quirk } from '../../src/providers/openai.ts'
import {
  dropStoreFalse,
  dropStreamOptions,
  nameDeveloperSystem,
  nameLimitMaxTokens,
  nameSeedRandomSeed,
} from '../../src/providers/quirks.ts'

interface QuirkCase {
  readonly name: string
  readonly quirk: Quirk
  readonly before: JsonObject
  readonly after: JsonObject
}

const CASES: readonly QuirkCase[] = [
  {
    name: 'B21: max_completion_tokens goes out as max_tokens',
    quirk: nameLimitMaxTokens,
    before: { model: 'm', max_completion_tokens: 7 },
    after: { model: 'm', max_tokens: 7 },
  },
  {
    name: 'B21: max_tokens wins when the client sent both',
    quirk: nameLimitMaxTokens,
    before: { max_tokens: 5, max_completion_tokens: 7 },
    after: { max_tokens: 5 },
  },
  {
    name: 'B15: a developer turn goes out as a system turn, in its place',
    quirk: nameDeveloperSystem,
    before: {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'developer', content: 'b', name: 'c' },
      ],
    },
    after: {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'system', content: 'b', name: 'c' },
      ],
    },
  },
  {
    name: 'seed goes out as random_seed',
    quirk: nameSeedRandomSeed,
    before: { seed: 0, model: 'm' },
    after: { model: 'm', random_seed: 0 },
  },
  {
    name: 'stream_options is taken out',
    quirk: dropStreamOptions,
    before: { stream: true, stream_options: { include_usage: true } },
    after: { stream: true },
  },
  { name: 'store: false is taken out', quirk: dropStoreFalse, before: { store: false }, after: {} },
]

for (const { name, quirk, before, after } of CASES) {
  test(name, () => {
    const original = structuredClone(before)
    assert.deepEqual(quirk(before), after)
    assert.deepEqual(before, original, 'the input was changed')
  })
}

const UNTOUCHED: readonly (readonly [string, Quirk, JsonObject])[] = [
  ['a body with max_tokens alone', nameLimitMaxTokens, { max_tokens: 5 }],
  ['turns without a developer', nameDeveloperSystem, { messages: [{ role: 'system', content: 'a' }, null, 'b'] }],
  ['a body without a list of messages', nameDeveloperSystem, { messages: 'developer' }],
  ['a body without a seed', nameSeedRandomSeed, { model: 'm' }],
  ['a body without stream_options', dropStreamOptions, { stream: true }],
  ['store: true', dropStoreFalse, { store: true }],
]

for (const [what, quirk, body] of UNTOUCHED) {
  test(`${quirk.name} returns ${what} itself`, () => {
    assert.equal(quirk(body), body)
  })
}
