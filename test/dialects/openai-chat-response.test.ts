import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../src/call/block.ts'
import type { Json } from '../../src/call/json.ts'
import type { Finish, FinishReason, Output, Result, Usage } from '../../src/call/result.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { checkUsage, deepFreeze } from './laws.ts'

const call: Block = { type: 'tool-call', id: 'a', name: 'f', arguments: '{}' }
const text: Block = { type: 'text', text: 'Hi' }

function readChoice(message: Json, finish_reason: Json, usage: Json = null): Result {
  return openaiChat.readResponse({ id: 'x', model: 'm', choices: [{ index: 0, message, finish_reason }], usage })
}

function write(blocks: readonly Block[], finish: Finish, usage?: Usage): { body: Wire; losses: string[] } {
  const outputs: Output[] = [{ blocks, finish }]
  const result = deepFreeze({ id: 'msg_1', model: 'm', outputs, ...(usage && { usage }) })
  const { body, losses } = openaiChat.writeResponse(result)
  return { body: JSON.parse(JSON.stringify(body)), losses: losses.map(loss => loss.path) }
}

interface Wire {
  readonly choices: readonly { readonly message: Record<string, unknown>; readonly finish_reason: string }[]
  readonly usage: unknown
}

test('an answer of another dialect is a whole chat completion', () => {
  const { body, losses } = write([text, call], { reason: 'tool-calls' }, { input: 3, output: 2 })
  assert.deepEqual(body, {
    id: 'msg_1',
    object: 'chat.completion',
    created: 0,
    model: 'm',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Hi',
          refusal: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
    usage: {
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  })
  assert.deepEqual(losses, [])
})

test('B3: empty arguments reach no client as an empty string', () => {
  const message = {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'a', function: { name: 'f', arguments: '' } }],
  }
  const result = readChoice(message, 'tool_calls')
  const [block] = result.outputs[0]?.blocks ?? []
  assert.equal(block?.type === 'tool-call' && block.arguments, '{}')
  const written = JSON.stringify(openaiChat.writeResponse(result).body)
  assert.ok(written.includes('"arguments":"{}"'))
})

test('B4: text and a tool call finish as tool calls, also when the vendor says stop', () => {
  const message = {
    role: 'assistant',
    content: 'x',
    tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }],
  }
  assert.deepEqual(readChoice(message, 'tool_calls').outputs[0]?.finish, { reason: 'tool-calls', raw: 'tool_calls' })
  assert.deepEqual(readChoice(message, 'stop').outputs[0]?.finish, { reason: 'tool-calls', raw: 'stop' })
})

for (const [word, reason] of [
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
  ['model_length', 'length'],
  ['error', 'other'],
  [null, 'other'],
] as const) {
  test(`B5: finish_reason ${word} means ${reason}`, () => {
    assert.equal(readChoice({ role: 'assistant', content: 'x' }, word).outputs[0]?.finish.reason, reason)
  })
}

for (const [reason, word] of [
  ['stop', 'stop'],
  ['stop-sequence', 'stop'],
  ['pause', 'stop'],
  ['other', 'stop'],
  ['length', 'length'],
  ['tool-calls', 'tool_calls'],
  ['content-filter', 'content_filter'],
  ['refusal', 'content_filter'],
] satisfies [FinishReason, string][]) {
  test(`B5: ${reason} is written as ${word}`, () => {
    assert.equal(write([text], { reason, raw: 'its own word' }).body.choices[0]?.finish_reason, word)
  })
}

test('B5: the token limit inside a tool call stays length', () => {
  const message = {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{"x' } }],
  }
  assert.equal(readChoice(message, 'length').outputs[0]?.finish.reason, 'length')
  assert.equal(write([call], { reason: 'length' }).body.choices[0]?.finish_reason, 'length')
})

test('B5: a refusal in words is read as one, and written with stop', () => {
  const result = readChoice({ role: 'assistant', content: null, refusal: 'No.' }, 'stop')
  assert.deepEqual(result.outputs[0]?.finish, { reason: 'refusal', raw: 'stop' })
  const { body } = write([{ type: 'text', text: 'No.', refusal: true }], { reason: 'refusal' })
  assert.equal(body.choices[0]?.finish_reason, 'stop')
  assert.deepEqual(body.choices[0]?.message, { role: 'assistant', content: null, refusal: 'No.' })
})

test('B7: signed and redacted reasoning is given to the client in reasoning_details, verbatim and in order', () => {
  const { body, losses } = write(
    [
      { type: 'reasoning', text: 'one', signature: 'c2ln' },
      { type: 'reasoning', text: '', redacted: 'ZW5j' },
      { type: 'reasoning', text: '', signature: 'ZW1wdHk=' },
      text,
    ],
    { reason: 'stop' },
  )
  assert.deepEqual(body.choices[0]?.message, {
    role: 'assistant',
    content: 'Hi',
    refusal: null,
    reasoning_content: 'one',
    reasoning_details: [
      { type: 'reasoning.text', text: 'one', signature: 'c2ln', index: 0 },
      { type: 'reasoning.encrypted', data: 'ZW5j', index: 1 },
      { type: 'reasoning.text', text: '', signature: 'ZW1wdHk=', index: 2 },
    ],
  })
  assert.deepEqual(losses, [])
})

test('B7: a client that sends the message back unchanged gives the signatures back', () => {
  const blocks: Block[] = [
    { type: 'reasoning', text: 'one', signature: 'c2ln' },
    { type: 'reasoning', text: '', redacted: 'ZW5j' },
    text,
  ]
  const message = write(blocks, { reason: 'stop' }).body.choices[0]?.message as Json
  const { turns } = openaiChat.readRequest({ json: { model: 'm', messages: [message] } })
  const back = turns[0]?.blocks.map(({ at, extra, ...block }) => block)
  assert.deepEqual(back, blocks)
})

test('unsigned reasoning is given as text alone', () => {
  const { message } = write([{ type: 'reasoning', text: 'one' }, text], { reason: 'stop' }).body.choices[0] ?? {}
  assert.equal(message?.reasoning_content, 'one')
  assert.equal(message?.reasoning_details, undefined)
})

test('B18: cached input of another dialect is part of prompt_tokens, the total adds up', () => {
  const usage: Usage = { input: 159223, output: 12, cacheRead: 0, cacheWrite: 159217, reasoning: 4 }
  assert.deepEqual(write([text], { reason: 'stop' }, usage).body.usage, {
    prompt_tokens: 159223,
    completion_tokens: 12,
    total_tokens: 159235,
    prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 159217 },
    completion_tokens_details: { reasoning_tokens: 4 },
  })
})

for (const [title, raw, expected] of [
  ['OpenAI', { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 8 } }, [9, 4, 8]],
  ['DeepSeek', { prompt_tokens: 9, completion_tokens: 4, prompt_cache_hit_tokens: 6 }, [9, 4, 6]],
  [
    'more cached than sent',
    { prompt_tokens: 7, completion_tokens: 8, prompt_tokens_details: { cached_tokens: 161 } },
    [7, 8, 7],
  ],
  [
    'reasoning beside the completion',
    { prompt_tokens: 9, completion_tokens: 4, total_tokens: 33, completion_tokens_details: { reasoning_tokens: 20 } },
    [9, 24, undefined],
  ],
  ['garbage', { prompt_tokens: 'many', completion_tokens: -1, prompt_tokens_details: [] }, [0, 0, undefined]],
] as const) {
  test(`usage that adds up is read from ${title}`, () => {
    const { usage } = readChoice({ role: 'assistant', content: 'x' }, 'stop', raw as unknown as Json)
    checkUsage(usage)
    assert.deepEqual([usage?.input, usage?.output, usage?.cacheRead], expected)
  })
}

test('what only another dialect has is a loss', () => {
  const blocks: Block[] = [
    { type: 'opaque', dialect: 'anthropic', value: {} },
    { type: 'text', text: 'x', extra: { anthropic: { citations: [1] } } },
    { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } },
  ]
  const raw = { dialect: 'anthropic', value: { server_tool_use: { web_search_requests: 1 } } }
  const { losses } = write(blocks, { reason: 'stop' }, { input: 1, output: 1, raw })
  const message = 'choices.0.message'
  assert.deepEqual(losses, [message, `${message}.citations`, message, 'usage.server_tool_use'])
})

test('a body that is no chat completion is thrown out', () => {
  for (const body of [null, [], 'x', {}, { choices: {} }, { error: { message: 'x' } }]) {
    assert.throws(() => openaiChat.readResponse(body as Json))
  }
})

test('choices of odd shapes are read without a throw', () => {
  const odd: Json[] = [
    null,
    7,
    {},
    { message: null },
    { message: { content: 7, tool_calls: [null, {}, { function: 1 }] } },
  ]
  assert.equal(openaiChat.readResponse({ choices: odd }).outputs.length, odd.length)
})
