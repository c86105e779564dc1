import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSluiceError } from '../../src/errors.ts'
import { safeModelPath } from '../../src/providers/model-path.ts'

const SAFE = [
  'gpt-4o',
  'gemini-2.5-flash',
  'anthropic.claude-3-5-sonnet-20241022-v2:0',
  'publishers/google/models/gemini-2.5-pro@001',
  'llama3.1:8b',
  'a+b',
  '...',
]

const UNSAFE = [
  '',
  '.',
  '..',
  '../secrets',
  'models/../secrets',
  'models/./gpt',
  'models/..',
  '/gpt',
  'gpt/',
  'models//gpt',
  'gpt 4',
  'gpt?x=1',
  'gpt#x',
  'gpt%2e%2e',
  'gpt\\4',
  'gpt\n',
  'x.evil.com#',
  'gpt４',
]

for (const model of SAFE) {
  test(`E9: model ${JSON.stringify(model)} may stand in a path`, () => {
    assert.equal(safeModelPath(model), model)
  })
}

for (const model of UNSAFE) {
  test(`E9: model ${JSON.stringify(model)} may not stand in a path`, () => {
    assert.throws(
      () => safeModelPath(model),
      (error: unknown) => isSluiceError(error) && error.kind === 'invalid' && error.param === 'model',
    )
  })
}
