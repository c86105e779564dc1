import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { isSluiceError } from '../../src/errors.ts'
import { deepFreeze } from './laws.ts'

const USER = { role: 'user', content: 'Hello' }
const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }
const SCHEMA = { type: 'object', properties: {}, additionalProperties: false }

type Written = { body: Record<string, Json | undefined>; losses: readonly { path: string; why: string }[] }

/** An OpenAI request, with usual members where `members` has none, as it goes to Anthropic. */
function fromOpenai(members: JsonObject): Written {
  const call = openaiChat.readRequest({ json: deepFreeze({ model: 'claude', messages: [USER], ...members }) })
  return anthropic.writeRequest(deepFreeze(call))
}

/** An Anthropic request, with usual members where `members` has none, as it goes to Anthropic. */
function fromAnthropic(members: JsonObject): Written {
  const json = { model: 'claude', max_tokens: 4096, messages: [USER], ...members }
  return anthropic.writeRequest(anthropic.readRequest({ json: deepFreeze(json) }))
}

function paths({ losses }: Written): string[] {
  return losses.map(loss => loss.path)
}

function toolCall(id: string, text = '{}'): Json {
  return { id, type: 'function', function: { name: 'f', arguments: text } }
}

function invalid(param: string, message: RegExp): (error: unknown) => boolean {
  return error => {
    assert.ok(isSluiceError(error))
    assert.equal(error.kind, 'invalid')
    assert.equal(error.param, param)
    assert.match(error.message, message)
    return true
  }
}

test('B11: tool messages in a row become one user message of tool results', () => {
  const { body, losses } = fromOpenai({
    messages: [
      USER,
      { role: 'assistant', content: null, tool_calls: [toolCall('a', '{"x":1}'), toolCall('b'), toolCall('c')] },
      { role: 'tool', tool_call_id: 'a', content: 'one' },
      { role: 'tool', tool_call_id: 'b', content: 'two' },
      { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: 'three' }] },
      { role: 'user', content: 'Well?' },
    ],
  })
  assert.deepEqual(losses, [])
  assert.deepEqual(body.messages, [
    USER,
    {
      role: 'assistant',
      content: [
        { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
        { type: 'tool_use', id: 'b', name: 'f', input: {} },
        { type: 'tool_use', id: 'c', name: 'f', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'a', content: 'one' },
        { type: 'tool_result', tool_use_id: 'b', content: 'two' },
        { type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'three' }] },
      ],
    },
    { role: 'user', content: 'Well?' },
  ])
})

test('B12: two results of one call are joined', () => {
  const { body } = fromOpenai({
    messages: [
      USER,
      { role: 'assistant', tool_calls: [toolCall('a')] },
      { role: 'tool', tool_call_id: 'a', content: 'one' },
      { role: 'tool', tool_call_id: 'a', content: 'two' },
    ],
  })
  const content = [
    { type: 'text', text: 'one' },
    { type: 'text', text: 'two' },
  ]
  assert.deepEqual((body.messages as Json[])[2], {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'a', content }],
  })
})

test('B12: the result of a call that was never made is refused by its id', () => {
  const messages = [USER, { role: 'tool', tool_call_id: 'call_lost', content: 'one' }]
  assert.throws(() => fromOpenai({ messages }), invalid('messages.1', /"call_lost"/))
})

for (const content of ['', ' ', '\n', null, [], [{ type: 'text', text: '' }], [{ type: 'text', text: ' ' }]]) {
  const shown = JSON.stringify(content)
  test(`B14: empty content ${shown} of user, assistant and system is not sent`, () => {
    const { body, losses } = fromOpenai({
      messages: [
        { role: 'system', content: content ?? '' },
        { role: 'user', content: content ?? '' },
        { role: 'assistant', content },
        USER,
      ],
    })
    assert.deepEqual(body.messages, [USER])
    assert.equal('system' in body, false)
    assert.deepEqual(
      losses.map(loss => loss.path),
      ['messages.1', 'messages.2'],
    )
  })

  test(`B14: empty content ${shown} beside tool calls, and of a tool, invents no text`, () => {
    const { body, losses } = fromOpenai({
      messages: [
        USER,
        { role: 'assistant', content, tool_calls: [toolCall('a')] },
        { role: 'tool', tool_call_id: 'a', content: content ?? '' },
      ],
    })
    assert.deepEqual(body.messages, [
      USER,
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a' }] },
    ])
    assert.deepEqual(losses, [])
  })
}

test('B14: a request with nothing but empty messages is refused here, not there', () => {
  assert.throws(() => fromOpenai({ messages: [{ role: 'user', content: '' }] }), invalid('messages', /not empty/))
})

test('B15: leading system and developer messages are joined in order', () => {
  const messages = [
    { role: 'system', content: 'one' },
    { role: 'developer', content: [{ type: 'text', text: 'two' }] },
    USER,
  ]
  const { body, losses } = fromOpenai({ messages })
  assert.deepEqual(body.system, [
    { type: 'text', text: 'one' },
    { type: 'text', text: 'two' },
  ])
  assert.deepEqual(body.messages, [USER])
  assert.deepEqual(losses, [])
})

test('B15: a single system message stays a string', () => {
  const { body } = fromOpenai({ messages: [{ role: 'system', content: 'one' }, USER] })
  assert.equal(body.system, 'one')
})

test('B15: a system message in the middle moves to the front, with a loss', () => {
  const written = fromOpenai({
    messages: [{ role: 'system', content: 'one' }, USER, { role: 'developer', content: 'two' }, USER],
  })
  assert.deepEqual(written.body.system, [
    { type: 'text', text: 'one' },
    { type: 'text', text: 'two' },
  ])
  assert.deepEqual(written.body.messages, [USER, USER])
  assert.deepEqual(paths(written), ['messages.2'])
})

test('B16: cache marks on system, tools, messages and the request survive with their lifetimes', () => {
  const cached = { type: 'ephemeral', ttl: '1h' }
  const json = {
    model: 'claude',
    max_tokens: 10,
    system: [{ type: 'text', text: 'one', cache_control: cached }],
    messages: [{ role: 'user', content: [{ type: 'text', text: 'two', cache_control: { type: 'ephemeral' } }] }],
    tools: [{ name: 'f', input_schema: { type: 'object' }, cache_control: cached }],
    cache_control: { type: 'ephemeral' },
  }
  const call = anthropic.readRequest({ json })
  assert.deepEqual(call.turns[0]?.blocks[0]?.cache, { ttl: '1h' })
  assert.deepEqual(call.turns[1]?.blocks[0]?.cache, {})
  assert.deepEqual(call.tools?.[0]?.cache, { ttl: '1h' })
  assert.deepEqual(anthropic.writeRequest(call).body, json)
})

test('B16: a cache mark on a whole turn stands on its last block', () => {
  const call = anthropic.readRequest({ json: { model: 'm', max_tokens: 1, messages: [USER] } })
  const turns = [{ role: 'user' as const, cache: {}, blocks: [{ type: 'text' as const, text: 'Hello' }], plain: true }]
  assert.deepEqual(anthropic.writeRequest({ ...call, turns }).body.messages, [
    { role: 'user', content: [{ cache_control: { type: 'ephemeral' }, type: 'text', text: 'Hello' }] },
  ])
})

test('B17: the same request gives the same bytes each time', () => {
  const json = {
    tools: [TOOL],
    temperature: 0.5,
    messages: [{ role: 'system', content: 'one' }, USER],
    model: 'claude',
    user: 'u',
  }
  const written = [1, 2, 3].map(() => {
    const call = openaiChat.readRequest({ json: structuredClone(json) })
    return JSON.stringify(anthropic.writeRequest(call).body)
  })
  assert.equal(new Set(written).size, 1)
})

const CHOICES: readonly [Json, Json][] = [
  ['auto', { type: 'auto' }],
  ['none', { type: 'none' }],
  ['required', { type: 'any' }],
  [
    { type: 'function', function: { name: 'f' } },
    { type: 'tool', name: 'f' },
  ],
]
for (const [openai, expected] of CHOICES) {
  test(`B20: tool_choice ${JSON.stringify(openai)} is ${JSON.stringify(expected)}`, () => {
    const { body, losses } = fromOpenai({ tools: [TOOL], tool_choice: openai })
    assert.deepEqual(body.tool_choice, expected)
    assert.deepEqual(losses, [])
  })
}

test('B20: parallel_tool_calls false is disable_parallel_tool_use, with and without a choice', () => {
  const alone = fromOpenai({ tools: [TOOL], parallel_tool_calls: false })
  assert.deepEqual(alone.body.tool_choice, { type: 'auto', disable_parallel_tool_use: true })
  const forced = fromOpenai({ tools: [TOOL], parallel_tool_calls: false, tool_choice: 'required' })
  assert.deepEqual(forced.body.tool_choice, { type: 'any', disable_parallel_tool_use: true })
  const parallel = fromOpenai({ tools: [TOOL], parallel_tool_calls: true })
  assert.equal('tool_choice' in parallel.body, false)
})

test('B20: a forced choice is not sent with thinking, but parallel calls stay forbidden', () => {
  const wish = { tools: [TOOL], tool_choice: 'required', reasoning_effort: 'low' }
  const written = fromOpenai(wish)
  assert.equal('tool_choice' in written.body, false)
  assert.deepEqual(paths(written), ['tool_choice'])
  const single = fromOpenai({ ...wish, parallel_tool_calls: false })
  assert.deepEqual(single.body.tool_choice, { type: 'auto', disable_parallel_tool_use: true })
})

test('B20: a choice without tools is not sent', () => {
  assert.equal('tool_choice' in fromOpenai({ tool_choice: 'none' }).body, false)
  assert.deepEqual(paths(fromOpenai({ tool_choice: 'required' })), ['tool_choice'])
})

test('B21: max_tokens and max_completion_tokens are both sent as max_tokens, and there is always one', () => {
  assert.equal(fromOpenai({ max_tokens: 7 }).body.max_tokens, 7)
  assert.equal(fromOpenai({ max_completion_tokens: 8 }).body.max_tokens, 8)
  assert.equal(fromOpenai({}).body.max_tokens, 4096)
})

test('B23: stop is stop_sequences, without blank ones, and a loss says so', () => {
  assert.deepEqual(fromOpenai({ stop: 'END' }).body.stop_sequences, ['END'])
  const written = fromOpenai({ stop: ['a', '\n', 'b', ' ', 'c', 'd', 'e'] })
  assert.deepEqual(written.body.stop_sequences, ['a', 'b', 'c', 'd', 'e'])
  assert.deepEqual(paths(written), ['stop'])
  assert.equal('stop_sequences' in fromOpenai({ stop: ' ' }).body, false)
})

const EFFORTS: readonly [string, Json, number][] = [
  ['minimal', { type: 'enabled', budget_tokens: 2048 }, 6144],
  ['low', { type: 'enabled', budget_tokens: 2048 }, 6144],
  ['medium', { type: 'enabled', budget_tokens: 8192 }, 12288],
  ['high', { type: 'enabled', budget_tokens: 16384 }, 20480],
  ['none', { type: 'disabled' }, 4096],
]
for (const [effort, thinking, maxTokens] of EFFORTS) {
  test(`B28: effort ${effort} is ${JSON.stringify(thinking)}, with room for the answer`, () => {
    const { body, losses } = fromOpenai({ reasoning_effort: effort })
    assert.deepEqual(body.thinking, thinking)
    assert.equal(body.max_tokens, maxTokens)
    assert.deepEqual(losses, [])
  })
}

test('B28: a budget of an effort is lowered below max_tokens', () => {
  const { body } = fromOpenai({ reasoning_effort: 'high', max_tokens: 5000 })
  assert.deepEqual(body.thinking, { type: 'enabled', budget_tokens: 3976 })
  assert.equal(body.max_tokens, 5000)
  const narrow = fromOpenai({ reasoning_effort: 'high', max_tokens: 1100 })
  assert.deepEqual(narrow.body.thinking, { type: 'enabled', budget_tokens: 1024 })
})

test('B28: a budget out of bounds is raised or lowered, with a loss', () => {
  const low = fromAnthropic({ thinking: { type: 'enabled', budget_tokens: 100 } })
  assert.deepEqual(low.body.thinking, { type: 'enabled', budget_tokens: 1024 })
  assert.deepEqual(paths(low), ['thinking.budget_tokens'])
  const high = fromAnthropic({ thinking: { type: 'enabled', budget_tokens: 31999 } })
  assert.deepEqual(high.body.thinking, { type: 'enabled', budget_tokens: 3072 })
  assert.deepEqual(paths(high), ['thinking.budget_tokens'])
})

test("B28: Gemini's dynamic thinking is a medium budget, but for models that take adaptive thinking", () => {
  const contents = [{ role: 'user', parts: [{ text: 'Hello' }] }]
  const json = { contents, generationConfig: { thinkingConfig: { thinkingBudget: -1 } } }
  const call = gemini.readRequest({ json, path: { model: 'claude', stream: false } })
  assert.deepEqual(anthropic.writeRequest(call).body.thinking, { type: 'enabled', budget_tokens: 8192 })
  const adaptive = anthropic.writeRequest({ ...call, target: { adaptiveThinking: true } })
  assert.deepEqual(adaptive.body.thinking, { type: 'adaptive' })
  assert.deepEqual(fromAnthropic({ thinking: { type: 'adaptive' } }).body.thinking, { type: 'adaptive' })
})

test('B28: where max_tokens leaves no room there is no thinking, with a loss', () => {
  const written = fromAnthropic({ max_tokens: 1024, thinking: { type: 'enabled', budget_tokens: 2000 } })
  assert.equal('thinking' in written.body, false)
  assert.deepEqual(paths(written), ['thinking'])
})

const SIGNED = { type: 'thinking', thinking: 'Hm.', signature: 'c2lnLTE=' }
const USE = { type: 'tool_use', id: 'a', name: 'f', input: {} }
const RESULT = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: '1' }] }
const THINK = { type: 'enabled', budget_tokens: 1024 }

test('B7: within a tool loop whose signatures are gone there is no thinking, with a loss', () => {
  const messages = [
    USER,
    { role: 'assistant', content: null, tool_calls: [toolCall('a')] },
    { role: 'tool', tool_call_id: 'a', content: '1' },
  ]
  const written = fromOpenai({ messages, reasoning_effort: 'low' })
  assert.equal('thinking' in written.body, false)
  assert.deepEqual(paths(written), ['thinking'])
  const own = fromAnthropic({ messages: [USER, { role: 'assistant', content: [USE] }, RESULT], thinking: THINK })
  assert.equal('thinking' in own.body, false)
})

test('B7: signatures that the client kept are sent back, and thinking stays', () => {
  for (const block of [SIGNED, { type: 'redacted_thinking', data: 'eA==' }]) {
    const messages = [USER, { role: 'assistant', content: [block, USE] }, RESULT]
    const { body, losses } = fromAnthropic({ messages, thinking: THINK })
    assert.deepEqual(body.thinking, THINK)
    assert.deepEqual(body.messages, messages)
    assert.deepEqual(losses, [])
  }
})

test('B7: over chat completions, a message sent back as it came holds its signatures', () => {
  const answer = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [
      { type: 'thinking', thinking: '', signature: 'c2lnLTA=' },
      SIGNED,
      { type: 'redacted_thinking', data: 'eA==' },
      USE,
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  }
  const choices = openaiChat.writeResponse(anthropic.readResponse(answer)).body.choices as { message: Json }[]
  const message = choices[0]?.message ?? null
  const messages = [USER, message, { role: 'tool', tool_call_id: 'a', content: '1' }]
  const { body } = fromOpenai({ messages, reasoning_effort: 'low', max_tokens: 4096 })
  assert.deepEqual((body.messages as { content: Json }[])[1]?.content, answer.content)
  assert.deepEqual(body.thinking, { type: 'enabled', budget_tokens: 2048 })
})

test('reasoning without a signature is not sent, with a loss', () => {
  const message = { role: 'assistant', content: 'So.', reasoning_content: 'Hm.' }
  const written = fromOpenai({ messages: [USER, message] })
  assert.deepEqual((written.body.messages as { content: Json }[])[1]?.content, [{ type: 'text', text: 'So.' }])
  assert.deepEqual(paths(written), ['messages.1.reasoning_content'])
})

test('with thinking, sampling that Anthropic refuses is not sent, with a loss', () => {
  const written = fromOpenai({ reasoning_effort: 'low', temperature: 0.2, top_p: 0.5, top_k: 5 })
  for (const member of ['temperature', 'top_p', 'top_k']) assert.equal(member in written.body, false)
  assert.deepEqual(paths(written), ['temperature', 'top_p', 'top_k'])
})

test('a temperature above 1 is sent as 1, with a loss', () => {
  const written = fromOpenai({ temperature: 1.7 })
  assert.equal(written.body.temperature, 1)
  assert.deepEqual(paths(written), ['temperature'])
})

test('a json schema is output_config.format; JSON without a schema is a loss', () => {
  const written = fromOpenai({
    response_format: { type: 'json_schema', json_schema: { name: 'n', strict: true, schema: SCHEMA } },
  })
  assert.deepEqual(written.body.output_config, { format: { type: 'json_schema', schema: SCHEMA } })
  assert.deepEqual(written.losses, [])
  assert.deepEqual(paths(fromOpenai({ response_format: { type: 'json_object' } })), ['response_format'])
})

test('settings that Anthropic does not have are losses, unless they ask for nothing', () => {
  const asked = { seed: 1, frequency_penalty: 0.5, presence_penalty: 1, n: 2, logprobs: true, logit_bias: { '1': 2 } }
  assert.deepEqual(paths(fromOpenai(asked)).sort(), [...Object.keys(asked)].sort())
  assert.deepEqual(fromOpenai({ frequency_penalty: 0, presence_penalty: 0, n: 1, logprobs: false }).losses, [])
})

test('user and service tier have their counterparts', () => {
  const { body } = fromOpenai({ user: 'u-1', service_tier: 'default' })
  assert.deepEqual(body.metadata, { user_id: 'u-1' })
  assert.equal(body.service_tier, 'standard_only')
  assert.deepEqual(paths(fromOpenai({ service_tier: 'flex' })), ['service_tier'])
})

test('tools without a typed schema get the one type that Anthropic takes', () => {
  const { body } = fromOpenai({
    tools: [{ type: 'function', function: { name: 'f', description: 'd', strict: true } }],
  })
  assert.deepEqual(body.tools, [
    { name: 'f', description: 'd', input_schema: { type: 'object', properties: {} }, strict: true },
  ])
  const empty = fromOpenai({ tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] })
  assert.deepEqual(empty.body.tools, [{ name: 'f', input_schema: { type: 'object' } }])
})

test('images and files by address or in line are sent; upload ids and sounds of another vendor are losses', () => {
  const written = fromOpenai({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
          { type: 'image_url', image_url: { url: 'https://example.test/a.png', detail: 'low' } },
          { type: 'file', file: { filename: 'b.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
          { type: 'file', file: { filename: 'c.txt', file_data: 'data:text/plain;base64,R3LDvMOfZQ==' } },
          { type: 'file', file: { file_id: 'file-1' } },
          { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
        ],
      },
    ],
  })
  assert.deepEqual((written.body.messages as { content: Json }[])[0]?.content, [
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
    { type: 'image', source: { type: 'url', url: 'https://example.test/a.png' } },
    { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' }, title: 'b.pdf' },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' }, title: 'c.txt' },
  ])
  assert.deepEqual(paths(written), ['messages.0.content.1.detail', 'messages.0.content.4', 'messages.0.content.5'])
})

test('B3: arguments that are no JSON object are refused by the name of their call', () => {
  const messages = [USER, { role: 'assistant', tool_calls: [toolCall('a', '{"x":')] }]
  assert.throws(() => fromOpenai({ messages }), invalid('messages.1.tool_calls.0', /JSON object/))
})

const WRONG: readonly [JsonObject, string][] = [
  [{ model: 5 }, 'model'],
  [{ messages: 'Hello' }, 'messages'],
  [{ messages: ['Hello'] }, 'messages.0'],
  [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages.0.role'],
  [{ messages: [{ role: 'user' }] }, 'messages.0.content'],
  [{ messages: [{ role: 'user', content: [{ text: 'x' }] }] }, 'messages.0.content.0.type'],
  [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages.0.content.0.text'],
  [{ messages: [{ role: 'user', content: [{ type: 'image' }] }] }, 'messages.0.content.0.source'],
  [{ messages: [{ role: 'assistant', content: [{ ...USE, input: '{}' }] }] }, 'messages.0.content.0.input'],
  [{ system: 5 }, 'system'],
  [{ max_tokens: '5' }, 'max_tokens'],
  [{ temperature: 'hot' }, 'temperature'],
  [{ stream: 'yes' }, 'stream'],
  [{ stop_sequences: 'END' }, 'stop_sequences'],
  [{ stop_sequences: [5] }, 'stop_sequences.0'],
  [{ tools: [{ name: 'f' }] }, 'tools.0.input_schema'],
  [{ thinking: 'yes' }, 'thinking'],
  [{ metadata: { user_id: 5 } }, 'metadata.user_id'],
]
for (const [members, param] of WRONG) {
  test(`a request with ${JSON.stringify(members)} is refused at ${param}`, () => {
    assert.throws(() => fromAnthropic(members), invalid(param, / must be /))
  })
}

test('what only Anthropic knows is a loss to chat completions, by its path', () => {
  const json = {
    model: 'claude',
    max_tokens: 10,
    messages: [{ role: 'user', content: [{ type: 'search_result', source: 's', title: 't', content: [] }] }],
    tools: [{ type: 'web_search_20250305', name: 'web_search' }],
    thinking: { type: 'enabled', budget_tokens: 2000, display: 'omitted' },
    container: 'container_1',
  }
  const { losses } = openaiChat.writeRequest(anthropic.readRequest({ json }))
  const lost = losses.map(loss => loss.path)
  for (const path of ['messages.0.content.0', 'tools.0', 'thinking.display', 'container']) {
    assert.ok(lost.includes(path), `${path} in ${lost}`)
  }
})
