import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foreignLosses, foreignUsageLosses } from '../../src/call/foreign.ts'

test('a member of another dialect is a loss at its path', () => {
  const losses = foreignLosses('a', 'messages.2', { b: { citations: [1] } })
  assert.deepEqual(
    losses.map(loss => loss.path),
    ['messages.2.citations'],
  )
  assert.match(losses[0]?.why ?? '', /b/)
})

test('at the root the path is the member alone', () => {
  assert.equal(foreignLosses('a', undefined, { b: { metadata: {} } })[0]?.path, 'metadata')
})

test('own members, notes on form, nulls and empty lists are no losses', () => {
  assert.deepEqual(foreignLosses('a', 'x', { a: { one: 1 }, b: { $form: 'f', refusal: null, annotations: [] } }), [])
  assert.deepEqual(foreignLosses('a', 'x', undefined), [])
})

test('false, zero and empty strings are values, and losses', () => {
  assert.equal(foreignLosses('a', 'x', { b: { store: false, seed: 0, tag: '' } }).length, 3)
})

test('usage members without a neutral count are losses, counted ones and zeros are not', () => {
  const value = {
    input_tokens: 5,
    cache_read_input_tokens: 0,
    server_tool_use: { web_search_requests: 2 },
    cache_creation: { ephemeral_5m_input_tokens: 0 },
    service_tier: null,
  }
  const losses = foreignUsageLosses('a', { input: 5, output: 1, raw: { dialect: 'b', value } })
  assert.deepEqual(
    losses.map(loss => loss.path),
    ['usage.server_tool_use'],
  )
  assert.deepEqual(foreignUsageLosses('b', { input: 5, output: 1, raw: { dialect: 'b', value } }), [])
})
