import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean, nearest } from '../../src/config/nearest.ts'

const MODELS = ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4-5', 'llama-3.1-8b']

test('a letter too many, too few, changed or swapped is forgiven', () => {
  for (const word of ['provders', 'provviders', 'probiders', 'porviders', 'PROVIDERS']) {
    assert.deepEqual(nearest(word, ['models', 'providers', 'plugins']), ['providers'], word)
  }
})

test('the nearest comes first, and three are named at most', () => {
  assert.deepEqual(nearest('gpt-4o-mni', MODELS), ['gpt-4o-mini', 'gpt-4o'])
  assert.deepEqual(nearest('llama-0', ['llama-1', 'llama-2', 'llama-3', 'llama-4']), ['llama-1', 'llama-2', 'llama-3'])
})

test('the beginning of a name is near it', () => {
  assert.deepEqual(nearest('claude-sonnet', MODELS), ['claude-sonnet-4-5'])
})

test('what resembles nothing has no neighbours', () => {
  assert.deepEqual(nearest('embedding', MODELS), [])
  assert.deepEqual(nearest('', MODELS), [])
  assert.equal(didYouMean('embedding', MODELS), '')
})

test('a word of a length that only an attacker sends is not compared', () => {
  assert.deepEqual(nearest(`gpt-4o${'x'.repeat(1_000_000)}`, ['gpt-4o']), [])
})

test('the sentence names the neighbours in quotes', () => {
  assert.equal(didYouMean('gpt-4o-mni', MODELS), '; did you mean "gpt-4o-mini" or "gpt-4o"?')
})
