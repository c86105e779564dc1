import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { openaiPlain } from '../../src/dialects/openai-plain/index.ts'

suite('usage is read under any of its names:', () => {
  for (const [name, answer, usage] of [
    ['embeddings', { usage: { prompt_tokens: 3, total_tokens: 3 } }, { input: 3, output: 0 }],
    ['images and audio', { usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } }, { input: 3, output: 4 }],
    ['a total alone', { usage: { total_tokens: 5 } }, { input: 5, output: 0 }],
    ['a total beside output', { usage: { total_tokens: 5, output_tokens: 2 } }, { input: 3, output: 2 }],
    ['Cohere, in tokens', { meta: { tokens: { input_tokens: 6 } } }, { input: 6, output: 0 }],
    ['Cohere, as billed', { meta: { billed_units: { input_tokens: 6 } } }, { input: 6, output: 0 }],
    ['seconds', { usage: { type: 'duration', seconds: 3 } }, undefined],
    ['nothing', { results: [] }, undefined],
    ['nonsense', { usage: { prompt_tokens: -1, total_tokens: 'x' } }, undefined],
  ] as const) {
    test(name, () => assert.deepEqual(openaiPlain.readReport(answer).usage, usage))
  }
})

test('what is no object is no answer', () => {
  assert.throws(() => openaiPlain.readReport([]))
})

test('an event that is not JSON is content that we cannot read, an error is an error, and silence is a cut', () => {
  const [unread] = openaiPlain.eventReader().push({ data: 'x' })
  assert.ok(unread?.type === 'error' && unread.unread)
  const [failed] = openaiPlain
    .eventReader()
    .push({ event: 'error', data: '{"type":"error","message":"no","code":"429"}' })
  assert.ok(failed?.type === 'error' && failed.fault.kind === 'limited')
  assert.equal(openaiPlain.eventReader().end()[0]?.type, 'error')
})

test('nothing follows the end or an error', () => {
  const reader = openaiPlain.eventReader()
  assert.deepEqual(reader.push({ data: '[DONE]' }), [{ type: 'end' }])
  assert.deepEqual([...reader.push({ data: '{}' }), ...reader.end()], [])
})
