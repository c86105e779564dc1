import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { JsonObject } from '../../src/call/json.ts'
import { replay } from '../../src/call/replay.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { openaiCompletions } from '../../src/dialects/openai-completions/index.ts'

const REQUEST = { model: 'm', prompt: 'Say hello' }
const ANSWER = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, text: 'Hello', logprobs: null, finish_reason: 'length' }],
  usage: { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 },
}

suite('a request is written back as it was read', () => {
  for (const request of [
    REQUEST,
    { ...REQUEST, prompt: ['Say hello'], max_tokens: 16, n: 2, stop: ['.', '!'], seed: 1, user: 'u' },
    { ...REQUEST, echo: true, best_of: 2, logprobs: 5, suffix: null },
    { ...REQUEST, echo: false, best_of: 1, logprobs: null, stream: true, stream_options: { include_usage: true } },
  ] as JsonObject[]) {
    test(JSON.stringify(request), () => {
      const { body, losses } = openaiCompletions.writeRequest(openaiCompletions.readRequest({ json: request }))
      assert.deepEqual(body, request)
      assert.deepEqual(losses, [])
    })
  }
})

test('only what asks for something is lost where a chat is asked instead', () => {
  const lost = (members: object): string[] =>
    anthropic
      .writeRequest(openaiCompletions.readRequest({ json: { ...REQUEST, max_tokens: 9, ...members } }))
      .losses.map(({ path }) => path)
  assert.deepEqual(lost({ echo: false, best_of: 1, logprobs: null, suffix: '' }), [])
  assert.deepEqual(lost({ echo: true, best_of: 2, logprobs: 0 }), ['echo', 'best_of', 'logprobs'])
})

test('an answer is written back as it was read', () => {
  const { body, losses } = openaiCompletions.writeResponse(openaiCompletions.readResponse(ANSWER))
  assert.deepEqual(body, ANSWER)
  assert.deepEqual(losses, [])
  assert.throws(() => openaiCompletions.readResponse({ id: 'x' }))
})

test('what is no text is lost by name, in answers and in streams', () => {
  const result = anthropic.readResponse({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  })
  const { body, losses } = openaiCompletions.writeResponse(result)
  assert.deepEqual((body.choices as JsonObject[])[0]?.finish_reason, 'stop')
  assert.ok(losses.some(({ path }) => path === 'choices.0.message.tool_calls'))
  const writer = openaiCompletions.eventWriter(openaiCompletions.readRequest({ json: { ...REQUEST, stream: true } }))
  for (const event of replay(result)) writer.push(event)
  assert.ok(writer.losses.some(({ path }) => path === 'choices.0.delta.tool_calls'))
})

test('a stream is read as the answer that it makes, and one that breaks off as an error', () => {
  const chunk = (text: string, finish: string | null) => ({
    data: JSON.stringify({
      ...ANSWER,
      usage: null,
      choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
    }),
  })
  const reader = openaiCompletions.eventReader()
  const events = [
    ...reader.push(chunk('Hel', null)),
    ...reader.push(chunk('lo', 'stop')),
    ...reader.push({ data: '[DONE]' }),
  ]
  assert.equal(events.flatMap(event => (event.type === 'delta' ? [event.text] : [])).join(''), 'Hello')
  assert.equal(events.at(-1)?.type, 'end')
  const broken = openaiCompletions.eventReader()
  broken.push(chunk('Hel', null))
  assert.equal(broken.end().at(-1)?.type, 'error')
})

test('what many pieces of a stream lose is told once', () => {
  const writer = openaiCompletions.eventWriter(openaiCompletions.readRequest({ json: REQUEST }))
  const at = { output: 0, block: 0 }
  writer.push({ type: 'start', id: '1', model: 'm' })
  writer.push({ type: 'block-open', ...at, content: { type: 'reasoning', text: '' } })
  for (let piece = 0; piece < 100; piece += 1) writer.push({ type: 'delta', ...at, text: 'so' })
  assert.equal(new Set(writer.losses.map(({ path }) => path)).size, writer.losses.length)
  assert.ok(writer.losses.length > 0)
})
