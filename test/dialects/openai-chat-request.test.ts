import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../src/call/block.ts'
import type { Call, Turn } from '../../src/call/call.ts'
import type { JsonObject } from '../../src/call/json.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { checkNothingVanished, deepFreeze } from './laws.ts'

const base: Call = { operation: 'chat', dialect: 'anthropic', model: 'm', stream: false, turns: [] }

function read(json: JsonObject): Call {
  return openaiChat.readRequest({ json: deepFreeze({ model: 'm', messages: [], ...json }) })
}

function write(call: Partial<Call>): { body: JsonObject; losses: string[] } {
  const { body, losses } = openaiChat.writeRequest(deepFreeze({ ...base, ...call }))
  return { body: JSON.parse(JSON.stringify(body)), losses: losses.map(loss => loss.path) }
}

function writeTurns(...turns: Turn[]): { messages: unknown; losses: string[] } {
  const { body, losses } = write({ turns })
  return { messages: body.messages, losses }
}

const call = (id: string): Block => ({ type: 'tool-call', id, name: 'f', arguments: '{}' })
const result = (id: string, text: string): Block => ({ type: 'tool-result', id, content: [{ type: 'text', text }] })

for (const [title, json, param] of [
  ['a missing model', { model: undefined }, 'model'],
  ['messages that are no list', { messages: 'hello' }, 'messages'],
  ['a message that is no object', { messages: ['hello'] }, 'messages.0'],
  ['an unknown role', { messages: [{ role: 'critic', content: 'x' }] }, 'messages.0.role'],
  ['content of a wrong type', { messages: [{ role: 'user', content: 7 }] }, 'messages.0.content'],
  [
    'a text part without text',
    { messages: [{ role: 'user', content: [{ type: 'text' }] }] },
    'messages.0.content.0.text',
  ],
  [
    'an image without an address',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
    'messages.0.content.0.image_url',
  ],
  ['a tool result without an id', { messages: [{ role: 'tool', content: 'x' }] }, 'messages.0.tool_call_id'],
  [
    'a tool call without a function',
    { messages: [{ role: 'assistant', tool_calls: [{ id: 'a' }] }] },
    'messages.0.tool_calls.0.function',
  ],
  [
    'tool arguments that are a number',
    { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: 1 } }] }] },
    'messages.0.tool_calls.0.function.arguments',
  ],
  ['a tool without a name', { tools: [{ type: 'function', function: {} }] }, 'tools.0.function.name'],
  ['a temperature that is a string', { temperature: 'hot' }, 'temperature'],
  ['a stop list that holds a number', { stop: [1] }, 'stop'],
] as const) {
  test(`a request with ${title} is refused, naming ${param}`, () => {
    assert.throws(
      () => read(json as unknown as JsonObject),
      (error: Error & { param?: string; kind?: string }) => {
        assert.equal(error.param, param)
        assert.equal(error.kind, 'invalid')
        assert.ok(error.message.includes(param))
        return true
      },
    )
  })
}

test('turns, blocks and tools know their place', () => {
  const parsed = read({
    messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
    tools: [{ type: 'function', function: { name: 'f' } }],
  })
  assert.equal(parsed.turns[0]?.at, 'messages.0')
  assert.equal(parsed.turns[0]?.blocks[0]?.at, 'messages.0.content.0')
  assert.equal(parsed.tools?.[0]?.at, 'tools.0')
})

test('B21: max_tokens and max_completion_tokens both mean maxTokens; the newer wins', () => {
  assert.equal(read({ max_tokens: 5 }).maxTokens, 5)
  assert.equal(read({ max_completion_tokens: 6 }).maxTokens, 6)
  assert.equal(read({ max_tokens: 5, max_completion_tokens: 6 }).maxTokens, 6)
  assert.deepEqual(write({ maxTokens: 7 }).body.max_completion_tokens, 7)
})

test('B32: input_text is read as text', () => {
  const { turns } = read({ messages: [{ role: 'user', content: [{ type: 'input_text', text: 'x' }] }] })
  assert.equal(turns[0]?.blocks[0]?.type, 'text')
})

test('B20: tool_choice is read in every form', () => {
  for (const word of ['auto', 'none', 'required'] as const) {
    assert.deepEqual(read({ tool_choice: word }).toolChoice, { type: word })
  }
  assert.deepEqual(read({ tool_choice: 'any' }).toolChoice, { type: 'required' })
  const named = { type: 'function', function: { name: 'f' } }
  assert.deepEqual(read({ tool_choice: named }).toolChoice, { type: 'tool', name: 'f' })
})

test('B20: tool_choice is written in every form, and left out when there are no tools', () => {
  const tools = [{ name: 'f', parameters: {} }]
  for (const type of ['auto', 'none', 'required'] as const) {
    assert.equal(write({ tools, toolChoice: { type } }).body.tool_choice, type)
  }
  const named = { type: 'function', function: { name: 'f' } }
  assert.deepEqual(write({ tools, toolChoice: { type: 'tool', name: 'f' } }).body.tool_choice, named)
  assert.equal(write({ tools, parallelTools: false }).body.parallel_tool_calls, false)
  assert.deepEqual(Object.keys(write({ toolChoice: { type: 'auto' }, parallelTools: false }).body), [
    'model',
    'messages',
  ])
})

test('a legacy function result finds the id of its call by name', () => {
  const { turns } = read({
    messages: [
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: 'x' },
    ],
  })
  const [called, answered] = turns.map(turn => turn.blocks[0])
  assert.equal(called?.type === 'tool-call' && called.id, 'function_call_0')
  assert.equal(answered?.type === 'tool-result' && answered.id, 'function_call_0')
})

test('tool results of one user turn become tool messages before the rest of the turn', () => {
  const turn: Turn = {
    role: 'user',
    blocks: [{ type: 'text', text: 'And now?' }, result('a', 'one'), result('b', 'two')],
  }
  assert.deepEqual(writeTurns({ role: 'assistant', blocks: [call('a'), call('b')] }, turn), {
    messages: [
      {
        role: 'assistant',
        content: null,
        tool_calls: ['a', 'b'].map(id => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })),
      },
      { role: 'tool', tool_call_id: 'a', content: 'one' },
      { role: 'tool', tool_call_id: 'b', content: 'two' },
      { role: 'user', content: 'And now?' },
    ],
    losses: [],
  })
})

test('an image in a tool result moves into a user message behind, and says so', () => {
  const image: Block = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' }, at: 'here' }
  const blocks: Block[] = [{ type: 'tool-result', id: 'a', content: [{ type: 'text', text: 'shot' }, image] }]
  const { messages, losses } = writeTurns({ role: 'assistant', blocks: [call('a')] }, { role: 'user', blocks })
  assert.deepEqual((messages as unknown[]).slice(1), [
    { role: 'tool', tool_call_id: 'a', content: 'shot' },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
  ])
  assert.deepEqual(losses, ['here'])
})

test('a failed tool result loses its error mark, not its text', () => {
  const blocks: Block[] = [{ type: 'tool-result', id: 'a', content: [], error: true, at: 'messages.1.content.0' }]
  const { messages, losses } = writeTurns({ role: 'assistant', blocks: [call('a')] }, { role: 'user', blocks })
  assert.deepEqual((messages as unknown[]).slice(1), [{ role: 'tool', tool_call_id: 'a', content: '' }])
  assert.deepEqual(losses, ['messages.1.content.0.is_error'])
})

test('B14: an assistant that only called tools gets no invented text', () => {
  const { messages } = writeTurns({ role: 'assistant', blocks: [call('a')] })
  assert.equal((messages as { content: unknown }[])[0]?.content, null)
})

test('B14: every empty content is read without invented text and written back as it was', () => {
  for (const role of ['user', 'assistant', 'system']) {
    for (const content of ['', null, [], ' ', [{ type: 'text', text: '' }]]) {
      const parsed = read({ messages: [{ role, content }] })
      const texts = parsed.turns[0]?.blocks.map(block => (block.type === 'text' ? block.text.trim() : 'other'))
      assert.ok(texts?.every(text => text === ''))
      assert.deepEqual(openaiChat.writeRequest(parsed).body.messages, [{ role, content }])
    }
  }
})

test('B7: signatures that a client sends back are read from reasoning_details, verbatim and in order', () => {
  const details = [
    { type: 'reasoning.text', text: 'one', signature: 'c2lnLTE=' },
    { type: 'reasoning.encrypted', data: 'ZW5j' },
    { type: 'reasoning.text', text: '', signature: 'ZW1wdHk=' },
  ]
  const message = { role: 'assistant', content: 'x', reasoning_content: 'one', reasoning_details: details }
  const blocks = read({ messages: [message] }).turns[0]?.blocks.filter(block => block.type === 'reasoning')
  assert.deepEqual(
    blocks?.map(({ text, signature, redacted }) => ({ text, signature, redacted })),
    [
      { text: 'one', signature: 'c2lnLTE=', redacted: undefined },
      { text: '', signature: undefined, redacted: 'ZW5j' },
      { text: '', signature: 'ZW1wdHk=', redacted: undefined },
    ],
  )
})

test('unsigned reasoning goes to the vendor as reasoning_content, signed reasoning is a loss', () => {
  const blocks: Block[] = [
    { type: 'reasoning', text: 'plain' },
    { type: 'reasoning', text: 'signed', signature: 's', at: 'signed' },
    { type: 'reasoning', text: '', redacted: 'r', at: 'redacted' },
    { type: 'text', text: 'x' },
  ]
  assert.deepEqual(writeTurns({ role: 'assistant', blocks }), {
    messages: [{ role: 'assistant', content: 'x', reasoning_content: 'plain' }],
    losses: ['signed', 'redacted'],
  })
})

test('a reasoning wish of another dialect becomes an effort', () => {
  const effort = (reasoning: Call['reasoning']): unknown => write(reasoning ? { reasoning } : {}).body.reasoning_effort
  assert.equal(effort({ effort: 'low' }), 'low')
  assert.equal(effort({ effort: 'max' }), 'high')
  assert.equal(effort({ enabled: true, budget: 4096 }), 'low')
  assert.equal(effort({ enabled: true, budget: 12288 }), 'medium')
  assert.equal(effort({ enabled: true, budget: 12289 }), 'high')
  assert.equal(effort({ enabled: false }), undefined)
  assert.deepEqual(write({ reasoning: { budget: 2000 } }).losses, ['thinking.budget_tokens'])
  assert.deepEqual(write({ reasoning: { effort: 'low' } }).losses, [])
})

test('B23: more than four stop sequences of another dialect are cut with a loss', () => {
  const { body, losses } = write({ stop: ['a', 'b', 'c', 'd', 'e'] })
  assert.deepEqual(body.stop, ['a', 'b', 'c', 'd'])
  assert.deepEqual(losses, ['stop'])
})

test('B16: cache marks of another dialect are losses; own ones are written', () => {
  const marked: Block = { type: 'text', text: 'x', cache: { ttl: '1h' }, at: 'system.0' }
  const { messages, losses } = writeTurns({ role: 'system', blocks: [marked] })
  assert.deepEqual(messages, [{ role: 'system', content: 'x' }])
  assert.deepEqual(losses, ['system.0.cache_control'])
})

test('what another dialect has and this one has not is a loss, each by its path', () => {
  const { losses } = write({
    topK: 5,
    serviceTier: 'reserved',
    tools: [{ name: 'search', at: 'tools.0', opaque: { dialect: 'anthropic', value: { type: 'web_search' } } }],
    extra: { anthropic: { container: 'c', $form: 'x', metadata: null } },
    turns: [
      { role: 'user', blocks: [{ type: 'opaque', dialect: 'anthropic', value: {}, at: 'messages.0.content.0' }] },
      { role: 'user', blocks: [{ type: 'text', text: 'x', at: 'b', extra: { anthropic: { citations: [1] } } }] },
      { role: 'user', blocks: [{ type: 'file', source: { kind: 'url', url: 'https://x' }, at: 'f' }] },
      { role: 'user', blocks: [{ type: 'image', source: { kind: 'id', id: 'file_1' }, at: 'i' }] },
    ],
  })
  assert.deepEqual(losses.toSorted(), [
    ...['b.citations', 'container', 'f', 'i', 'messages.0.content.0', 'service_tier', 'tools.0', 'top_k'],
  ])
})

test('nothing of a foreign call vanishes without a loss', () => {
  const call: Call = {
    ...base,
    maxTokens: 1000,
    temperature: 0.7,
    stop: ['STOP'],
    user: 'user-12345',
    format: { type: 'json-schema', schema: { type: 'object', title: 'Answer' } },
    tools: [{ name: 'weather', description: 'The weather', parameters: { type: 'object' }, strict: true }],
    turns: [
      { role: 'system', blocks: [{ type: 'text', text: 'Be brief.' }] },
      {
        role: 'user',
        blocks: [{ type: 'file', source: { kind: 'text', mediaType: 'text/plain', text: 'A letter.' } }],
      },
      { role: 'assistant', blocks: [call0, { type: 'text', text: 'Done.' }] },
    ],
  }
  const { body, losses } = openaiChat.writeRequest(deepFreeze(call))
  checkNothingVanished(
    call as unknown as JsonObject as never,
    body as never,
    losses,
    /(^|\.)(type|kind|role|dialect|operation|mediaType)$/,
  )
})

const call0 = call('call_00001')

test('B17: the same call gives the same bytes, three times', () => {
  const json = {
    messages: [{ role: 'user', content: 'x' }],
    tools: [{ type: 'function', function: { name: 'f' } }],
    seed: 1,
  }
  const bytes = [1, 2, 3].map(() => JSON.stringify(openaiChat.writeRequest(read(json)).body))
  assert.equal(new Set(bytes).size, 1)
})

test('a client cannot pass members for notes on form', () => {
  const item = { id: 'a', $arguments: 'object', function: { name: 'f', arguments: 'not json' } }
  const json = { model: 'm', messages: [{ role: 'assistant', tool_calls: [item], $role: 'developer' }] }
  assert.deepEqual(openaiChat.writeRequest(read(json)).body, json)
})
