import { type TestContext, test } from 'node:test'
import { tokenCount } from '../../src/dialects/token-count.ts'

test('a number of tokens is one that an answer can have', (t: TestContext) => {
  for (const [reported, counted] of [
    [0, 0],
    [12.7, 12],
    [10_000_000, 10_000_000],
    [-1, undefined],
    [2 ** 32 - 1, undefined],
    [Infinity, undefined],
    ['12', undefined],
    [null, undefined],
    [undefined, undefined],
  ] as const) {
    t.assert.equal(tokenCount(reported), counted, String(reported))
  }
})
