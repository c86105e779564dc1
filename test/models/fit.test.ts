import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../../src/call/call.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { fitToModel } from '../../src/models/fit.ts'
import { factsOf } from '../../src/models/lookup.ts'

function asked(members: object = {}): Call {
  return openaiChat.readRequest({ json: { model: 'chat', messages: [{ role: 'user', content: 'Hi' }], ...members } })
}

/** What Claude of this name is sent, and what is lost on the way. */
function toClaude(model: string, members: object) {
  const { call, losses } = fitToModel(asked(members), factsOf('anthropic', model, {}))
  const written = anthropic.writeRequest(call)
  return { body: written.body, losses: [...losses, ...written.losses].map(({ path }) => path) }
}

test('a call to a model of which nothing is known stays the same object', () => {
  const call = asked({ temperature: 0.2 })
  assert.equal(fitToModel(call, {}).call, call)
})

test('B22: what the model refuses is left out with a loss, and what asks for nothing stays', () => {
  const facts = factsOf('openai', 'gpt-5', {})
  const { call, losses } = fitToModel(asked({ temperature: 0.2, top_p: 1, presence_penalty: 0, seed: 3 }), facts)
  assert.equal(call.temperature, undefined)
  assert.equal('temperature' in call, false)
  assert.deepEqual([call.topP, call.presencePenalty, call.seed], [1, 0, 3])
  assert.deepEqual(losses, [{ path: 'temperature', why: 'the model refuses this setting' }])
})

test('B22: what a model refuses only while it reasons is left out only then', () => {
  const facts = factsOf('openai', 'gpt-5.2', {})
  assert.equal(fitToModel(asked({ temperature: 0.2 }), facts).call.temperature, 0.2)
  assert.equal(fitToModel(asked({ temperature: 0.2, reasoning_effort: 'none' }), facts).call.temperature, 0.2)
  assert.equal(fitToModel(asked({ temperature: 0.2, reasoning_effort: 'low' }), facts).call.temperature, undefined)
})

test('B21: without a limit the model may say as much as it can, unknown models 4096 tokens', () => {
  assert.equal(toClaude('claude-haiku-4-5', {}).body.max_tokens, 64_000)
  assert.equal(toClaude('claude-3-haiku-20240307', {}).body.max_tokens, 4096)
  assert.equal(toClaude('claude-of-tomorrow', {}).body.max_tokens, 4096)
  assert.equal(toClaude('claude-haiku-4-5', { max_tokens: 9 }).body.max_tokens, 9)
})

test('B21: the limit for clients that set none can be set', () => {
  const facts = factsOf('p', 'claude-haiku-4-5', { 'claude-haiku-4-5': { defaultMaxTokens: 500 } })
  assert.equal(anthropic.writeRequest(fitToModel(asked(), facts).call).body.max_tokens, 500)
})

test('B28: a limit that is more than the model can put out is lowered with a loss', () => {
  const { body, losses } = toClaude('claude-3-haiku-20240307', { max_completion_tokens: 100_000 })
  assert.equal(body.max_tokens, 4096)
  assert.deepEqual(losses, ['max_tokens'])
})

test('B28: a model that takes no thinking budget is told an effort in its place', () => {
  const { body, losses } = toClaude('claude-opus-4-7', { reasoning_effort: 'high' })
  assert.deepEqual(body.thinking, { type: 'adaptive' })
  assert.deepEqual(body.output_config, { effort: 'high' })
  assert.deepEqual(losses, [])
  const budget = toClaude('claude-opus-4-7', { reasoning: { max_tokens: 2000 } })
  assert.deepEqual(budget.body.output_config, { effort: 'low' })
  assert.deepEqual(budget.losses, ['thinking.budget_tokens'])
  assert.equal(toClaude('claude-opus-4-7', { reasoning_effort: 'minimal' }).body.max_tokens, 128_000)
})
