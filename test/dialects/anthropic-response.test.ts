import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../src/call/block.ts'
import type { Json, JsonObject } from '../../src/call/json.ts'
import type { FinishReason, Result, Usage } from '../../src/call/result.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { deepFreeze } from './laws.ts'

const TEXT: Block = { type: 'text', text: 'Hello' }

function result(members: Partial<Result>): Result {
  const output = { blocks: [TEXT], finish: { reason: 'stop' as const } }
  return deepFreeze({ id: 'id-1', model: 'gpt', outputs: [output], ...members })
}

function message(members: JsonObject): Json {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [{ type: 'text', text: 'Hello' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
    ...members,
  } as Json
}

/** An OpenAI answer as an Anthropic client gets it. */
function fromOpenai(choice: JsonObject, usage?: JsonObject): Record<string, Json | undefined> {
  const json = { id: 'c-1', object: 'chat.completion', created: 1, model: 'gpt', choices: [choice], usage }
  return anthropic.writeResponse(openaiChat.readResponse(JSON.parse(JSON.stringify(json)))).body
}

const WORDS: readonly [string, FinishReason][] = [
  ['end_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['stop_sequence', 'stop-sequence'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
]
for (const [word, reason] of WORDS) {
  test(`B5: stop_reason ${word} is ${reason}, and is written again`, () => {
    const read = anthropic.readResponse(message({ stop_reason: word }))
    assert.deepEqual(read.outputs[0]?.finish, { reason, raw: word })
    assert.equal(anthropic.writeResponse(read).body.stop_reason, word)
  })
}

const REASONS: readonly [FinishReason, string][] = [
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['stop-sequence', 'stop_sequence'],
  ['tool-calls', 'tool_use'],
  ['content-filter', 'refusal'],
  ['refusal', 'refusal'],
  ['pause', 'pause_turn'],
  ['other', 'end_turn'],
]
for (const [reason, word] of REASONS) {
  test(`B5: the reason ${reason} of another dialect is written as ${word}`, () => {
    const { body } = anthropic.writeResponse(
      result({ outputs: [{ blocks: [TEXT], finish: { reason, raw: 'their_word' } }] }),
    )
    assert.equal(body.stop_reason, word)
  })
}

test('B5: the stop sequence that was met is read and written', () => {
  const read = anthropic.readResponse(message({ stop_reason: 'stop_sequence', stop_sequence: '}' }))
  assert.equal(read.outputs[0]?.finish.sequence, '}')
  assert.equal(anthropic.writeResponse(read).body.stop_sequence, '}')
})

const CALL = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }

test('B4: an answer of text and a tool call stops with tool_use', () => {
  const body = fromOpenai({
    index: 0,
    message: { role: 'assistant', content: 'Let me see.', tool_calls: [CALL] },
    finish_reason: 'tool_calls',
  })
  assert.equal(body.stop_reason, 'tool_use')
  assert.deepEqual(body.content, [
    { type: 'text', text: 'Let me see.' },
    { type: 'tool_use', id: 'call_1', name: 'f', input: { x: 1 } },
  ])
})

test('B5: a tool call that max_tokens cut stays max_tokens, and its cut arguments are a loss', () => {
  const cut = { ...CALL, function: { name: 'f', arguments: '{"x":' } }
  const choice = { index: 0, message: { role: 'assistant', content: null, tool_calls: [cut] }, finish_reason: 'length' }
  const read = openaiChat.readResponse({ id: 'c', object: 'chat.completion', model: 'gpt', choices: [choice] })
  const { body, losses } = anthropic.writeResponse(read)
  assert.equal(body.stop_reason, 'max_tokens')
  assert.deepEqual(body.content, [{ type: 'tool_use', id: 'call_1', name: 'f', input: {} }])
  assert.ok(losses.some(loss => /not a JSON object/.test(loss.why)))
})

test('B3: a tool call without arguments has an empty input, and is {} in the hub', () => {
  const bare = { ...CALL, function: { name: 'f', arguments: '' } }
  const body = fromOpenai({
    index: 0,
    message: { role: 'assistant', content: '', tool_calls: [bare] },
    finish_reason: 'tool_calls',
  })
  assert.deepEqual(body.content, [{ type: 'tool_use', id: 'call_1', name: 'f', input: {} }])
  const read = anthropic.readResponse(message({ content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] }))
  const block = read.outputs[0]?.blocks[0]
  assert.equal(block?.type === 'tool-call' && block.arguments, '{}')
})

test('B6: thinking, signatures, empty thinking and redacted thinking come back in order, unchanged', () => {
  const content = [
    { type: 'thinking', thinking: '', signature: 'RXJNQ+/=' },
    { type: 'redacted_thinking', data: 'RW1wdHk+/=' },
    { type: 'thinking', thinking: 'Hm.\n', signature: 'c2lnLTI=' },
    { type: 'tool_use', id: 'a', name: 'f', input: {} },
  ]
  const { body, losses } = anthropic.writeResponse(anthropic.readResponse(message({ content })))
  assert.deepEqual(body.content, content)
  assert.deepEqual(losses, [])
})

test('B18: cached input counts once: neutral input is the sum of all three counts', () => {
  const usage = {
    input_tokens: 6,
    cache_creation_input_tokens: 159217,
    cache_read_input_tokens: 0,
    output_tokens: 10,
  }
  const read = anthropic.readResponse(message({ usage }))
  assert.deepEqual(read.usage, {
    input: 159223,
    output: 10,
    cacheRead: 0,
    cacheWrite: 159217,
    raw: { dialect: 'anthropic', value: usage },
  })
  const written = openaiChat.writeResponse(read).body.usage as Record<string, Json>
  assert.equal(written.prompt_tokens, 159223)
  assert.equal(written.total_tokens, 159233)
  assert.equal((written.prompt_tokens_details as JsonObject).cached_tokens, 0)
})

test("B19: OpenAI's cached tokens are cache_read_input_tokens, and input_tokens leaves them out", () => {
  const body = fromOpenai(
    { index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' },
    {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 8 },
    },
  )
  assert.deepEqual(body.usage, {
    input_tokens: 36,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 64,
    output_tokens: 20,
    output_tokens_details: { thinking_tokens: 8 },
  })
})

test('members of a foreign usage report that Anthropic cannot tell are losses', () => {
  const usage: Usage = {
    input: 1,
    output: 1,
    raw: {
      dialect: 'openai-chat',
      value: { prompt_tokens: 1, completion_tokens: 1, queue_time: 0.2, audio_tokens: 0 },
    },
  }
  const { losses } = anthropic.writeResponse(result({ usage }))
  assert.deepEqual(
    losses.map(loss => loss.path),
    ['usage.queue_time'],
  )
})

test('an answer without usage is written with counts all the same', () => {
  const { body } = anthropic.writeResponse(result({}))
  assert.deepEqual(body.usage, {
    input_tokens: 0,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: 0,
  })
})

test('B14: empty text in an answer is not handed on, a client could not send it back', () => {
  const blocks: Block[] = [
    { type: 'text', text: '' },
    { type: 'tool-call', id: 'a', name: 'f', arguments: '{}' },
  ]
  const { body } = anthropic.writeResponse(result({ outputs: [{ blocks, finish: { reason: 'tool-calls' } }] }))
  assert.deepEqual(body.content, [{ type: 'tool_use', id: 'a', name: 'f', input: {} }])
})

test('further answers, unsigned form, foreign blocks and members: written where they can be, else losses', () => {
  const blocks: Block[] = [
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'No.', refusal: true },
    { type: 'image', source: { kind: 'url', url: 'https://example.test/a.png' }, at: 'image' },
    { type: 'audio', source: { kind: 'id', id: 'a' }, at: 'audio' },
    { type: 'opaque', dialect: 'openai-chat', value: {}, at: 'opaque' },
  ]
  const output = { blocks, finish: { reason: 'refusal' as const }, extra: { 'openai-chat': { logprobs: { a: 1 } } } }
  const { body, losses } = anthropic.writeResponse(
    result({ outputs: [output, output], extra: { 'openai-chat': { system_fingerprint: 'fp', $wire: {} } } }),
  )
  assert.deepEqual(body.content, [
    { type: 'thinking', thinking: 'Hm.', signature: '' },
    { type: 'text', text: 'No.' },
  ])
  assert.deepEqual(losses.map(loss => loss.path).sort(), [
    'audio',
    'image',
    'opaque',
    'outputs.0.logprobs',
    'outputs.1',
    'system_fingerprint',
  ])
})

for (const json of [null, 'x', [], {}, { id: 'a', model: 'b' }, { id: 'a', model: 'b', content: [{ type: 'text' }] }]) {
  test(`an answer that is ${JSON.stringify(json)} is no message, and no fault of the request`, () => {
    assert.throws(
      () => anthropic.readResponse(json as Json),
      error => error instanceof Error && !('kind' in error),
    )
  })
}
