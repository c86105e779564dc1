import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call, Turn } from '../../src/call/call.ts'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { camelCased } from '../../src/dialects/gemini/casing.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { checkNothingVanished, deepFreeze } from './laws.ts'

const HELLO = { role: 'user', content: 'Hello' }
const LOOK = { name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } } } }

/** A chat completion request as Gemini gets it. */
function fromChat(members: JsonObject): { body: Wire; losses: string[] } {
  const call = openaiChat.readRequest({ json: { model: 'gemini-3-pro', messages: [HELLO], ...members } })
  return write(call)
}

function write(call: Call): { body: Wire; losses: string[] } {
  const { body, losses } = gemini.writeRequest(deepFreeze(call))
  return { body: JSON.parse(JSON.stringify(body)) as Wire, losses: losses.map(({ path }) => path) }
}

interface Wire {
  readonly contents: readonly { readonly role: string; readonly parts: readonly Record<string, Json>[] }[]
  readonly systemInstruction?: Json
  readonly tools?: Json
  readonly toolConfig?: Json
  readonly generationConfig?: Readonly<Record<string, Json>>
}

function calling(id: string, name = 'look', args = '{"at":"x"}') {
  return { id, type: 'function', function: { name, arguments: args } }
}

test('a chat request is a request of Gemini in its own words', () => {
  const { body, losses } = fromChat({
    messages: [{ role: 'system', content: 'Be brief.' }, HELLO],
    tools: [{ type: 'function', function: { ...LOOK, description: 'Looks' } }],
    max_completion_tokens: 50,
    temperature: 0.5,
    stop: ['END'],
    seed: 3,
    n: 2,
    service_tier: 'default',
  })
  assert.deepEqual(losses, [])
  assert.deepEqual(body, {
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
    tools: [
      {
        functionDeclarations: [
          {
            name: 'look',
            description: 'Looks',
            parameters: { type: 'OBJECT', properties: { at: { type: 'STRING' } } },
          },
        ],
      },
    ],
    generationConfig: { maxOutputTokens: 50, temperature: 0.5, stopSequences: ['END'], seed: 3, candidateCount: 2 },
    serviceTier: 'standard',
  })
})

test('B11: three tool messages in a row are one content with three function responses', () => {
  const { body } = fromChat({
    messages: [
      HELLO,
      { role: 'assistant', content: null, tool_calls: [calling('a'), calling('b', 'find'), calling('c')] },
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'tool', tool_call_id: 'c', content: '3' },
      { role: 'user', content: 'So?' },
    ],
  })
  assert.deepEqual(
    body.contents.map(({ role, parts }) => [role, parts.length]),
    [
      ['user', 1],
      ['model', 3],
      ['user', 3],
      ['user', 1],
    ],
  )
  assert.deepEqual(body.contents[2]?.parts, [
    { functionResponse: { id: 'a', name: 'look', response: { output: '1' } } },
    { functionResponse: { id: 'b', name: 'find', response: { output: '2' } } },
    { functionResponse: { id: 'c', name: 'look', response: { output: '3' } } },
  ])
})

test('a tool result that answers no call is refused by its id', () => {
  const messages = [HELLO, { role: 'tool', tool_call_id: 'nobody', content: '1' }]
  assert.throws(() => fromChat({ messages }), /"nobody"/)
})

test('B25: a tool result that holds a $ref goes as the string that it is', () => {
  const content = '{"$ref":"#/components/x"}'
  const messages = [
    HELLO,
    { role: 'assistant', content: null, tool_calls: [calling('a')] },
    { role: 'tool', tool_call_id: 'a', content },
  ]
  const { body } = fromChat({ messages })
  assert.deepEqual(body.contents[2]?.parts[0]?.functionResponse, {
    id: 'a',
    name: 'look',
    response: { output: content },
  })
})

const CALL_OF_ANOTHER = [HELLO, { role: 'assistant', content: null, tool_calls: [calling('a'), calling('b')] }]

test('B8: calls without a signature get the value that Google documents for it, the first of each turn', () => {
  const { body } = fromChat({ messages: CALL_OF_ANOTHER })
  assert.deepEqual(
    body.contents[1]?.parts.map(part => part.thoughtSignature),
    ['skip_thought_signature_validator', undefined],
  )
})

for (const model of ['gemini-2.5-pro', 'gemini-2.0-flash', 'gemini-1.5-pro']) {
  test(`B8: ${model} checks no signatures and is sent none`, () => {
    const { body } = fromChat({ model, messages: CALL_OF_ANOTHER })
    assert.equal(body.contents[1]?.parts[0]?.thoughtSignature, undefined)
  })
}

test('B8: a signature in extra_content comes back where Gemini wants it', () => {
  const signed = { ...calling('a'), extra_content: { google: { thought_signature: 'c2ln' } } }
  const { body, losses } = fromChat({ messages: [HELLO, { role: 'assistant', content: null, tool_calls: [signed] }] })
  assert.equal(body.contents[1]?.parts[0]?.thoughtSignature, 'c2ln')
  assert.deepEqual(losses, [])
})

for (const [choice, calling] of [
  ['auto', { mode: 'AUTO' }],
  ['none', { mode: 'NONE' }],
  ['required', { mode: 'ANY' }],
  [
    { type: 'function', function: { name: 'look' } },
    { mode: 'ANY', allowedFunctionNames: ['look'] },
  ],
] as const) {
  test(`B20: tool_choice ${JSON.stringify(choice)} is ${JSON.stringify(calling)}, and back`, () => {
    const tools = [{ type: 'function', function: LOOK }]
    const { body } = fromChat({ tools, tool_choice: choice })
    assert.deepEqual(body.toolConfig, { functionCallingConfig: calling })
    const call = gemini.readRequest({ json: body as unknown as JsonObject })
    assert.deepEqual(openaiChat.writeRequest(call).body.tool_choice, choice)
  })
}

test('B20: parallel_tool_calls false cannot be said, and is a loss', () => {
  const { losses } = fromChat({ parallel_tool_calls: false, tools: [{ type: 'function', function: LOOK }] })
  assert.deepEqual(losses, ['parallel_tool_calls'])
})

test('a forced choice without tools is a loss, others say nothing', () => {
  assert.deepEqual(fromChat({ tool_choice: 'required' }).losses, ['tool_choice'])
  assert.deepEqual(fromChat({ tool_choice: 'auto' }).losses, [])
})

test('an effort is a thinking budget that shows its thoughts', () => {
  const { body } = fromChat({ reasoning_effort: 'medium' })
  assert.deepEqual(body.generationConfig?.thinkingConfig, { thinkingBudget: 8192, includeThoughts: true })
})

test('the standard tier of another API is that of Gemini', () => {
  const json = { model: 'gemini-3-pro', max_tokens: 10, messages: [HELLO], service_tier: 'standard_only' }
  const { body, losses } = gemini.writeRequest(anthropic.readRequest({ json }))
  assert.deepEqual([body.serviceTier, losses], ['standard', []])
})

test('a budget that the model would refuse is sent as the nearest one, with a loss', () => {
  const budgetOf = (model: string, budget: number) => {
    const thinking = { type: 'enabled', budget_tokens: budget }
    const json = { model, max_tokens: 64_000, messages: [HELLO], thinking }
    const { body, losses } = write(anthropic.readRequest({ json }))
    return [body.generationConfig?.thinkingConfig, losses]
  }
  const shown = (thinkingBudget: number) => ({ thinkingBudget, includeThoughts: true })
  assert.deepEqual(budgetOf('gemini-2.5-flash', 31_999), [shown(24_576), ['thinking.budget_tokens']])
  assert.deepEqual(budgetOf('gemini-2.5-pro', 31_999), [shown(31_999), []])
  assert.deepEqual(budgetOf('gemini-2.5-pro', 60_000), [shown(32_768), ['thinking.budget_tokens']])
  assert.deepEqual(budgetOf('gemini-2.5-flash-lite', 100), [shown(512), ['thinking.budget_tokens']])
})

test('thinking is switched off where the model can, and else that is a loss', () => {
  const off = (model: string) => fromChat({ model, reasoning_effort: 'none' })
  assert.deepEqual(off('gemini-2.5-flash').body.generationConfig?.thinkingConfig, { thinkingBudget: 0 })
  assert.equal(off('gemini-2.5-pro').body.generationConfig, undefined)
  assert.deepEqual(off('gemini-2.5-pro').losses, ['thinking'])
})

test('system messages come to the front, in order', () => {
  const system = (content: string) => ({ role: 'system', content })
  const { body, losses } = fromChat({ messages: [system('A'), HELLO, system('B')] })
  assert.deepEqual(body.systemInstruction, { parts: [{ text: 'A' }, { text: 'B' }] })
  assert.deepEqual(losses, ['messages.2'])
})

test('an image is sent by its bytes or by its address, whose type is told', () => {
  const images = ['data:image/png;base64,iVBORw0KGgo=', 'https://x.example/cat.webp?size=2', 'https://x.example/cat']
  const content = images.map(url => ({ type: 'image_url', image_url: { url } }))
  const { body } = fromChat({ messages: [{ role: 'user', content }] })
  assert.deepEqual(body.contents[0]?.parts, [
    { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
    { fileData: { fileUri: 'https://x.example/cat.webp?size=2', mimeType: 'image/webp' } },
    { fileData: { fileUri: 'https://x.example/cat', mimeType: 'image/jpeg' } },
  ])
})

test('reasoning of another vendor is a loss, its tools and marks as well', () => {
  const json = {
    model: 'gemini-3-pro',
    max_tokens: 10,
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hmmmm', signature: 'c2ln' },
          { type: 'text', text: 'Hi' },
        ],
      },
      { role: 'user', content: 'Well?' },
    ],
    tools: [{ type: 'web_search_20250305', name: 'web_search' }],
    metadata: { user_id: 'someone' },
  }
  const { body, losses } = gemini.writeRequest(anthropic.readRequest({ json }))
  assert.deepEqual(losses.map(({ path }) => path).sort(), [
    'messages.0.content.0.cache_control',
    'messages.1.content.0',
    'tools.0',
    'user',
  ])
  // The user is told under the name that every dialect gives to it.
  checkNothingVanished(json, body as Json, losses, /^(?:model|metadata|messages\.\d+\.role|.*\.type$)/)
})

test('an image in a tool result is sent behind it, with a word on that', () => {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }
  const json = {
    model: 'm',
    max_tokens: 10,
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'look', input: {} }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'a cat' }, image] }],
      },
    ],
  }
  const { body, losses } = write(anthropic.readRequest({ json }))
  assert.deepEqual(body.contents[2]?.parts, [
    { functionResponse: { id: 'a', name: 'look', response: { output: 'a cat' } } },
    { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
  ])
  assert.deepEqual(losses, ['messages.2.content.0.content.1'])
})

test('calls without ids get the same ones each time, and their results find them by name', () => {
  const part = (name: string) => ({ functionCall: { name, args: {} } })
  const result = (name: string) => ({ functionResponse: { name, response: { output: 'x' } } })
  const json = {
    contents: [
      { role: 'user', parts: [{ text: 'Hello' }] },
      { role: 'model', parts: [part('look'), part('find'), part('look')] },
      { role: 'user', parts: [result('look'), result('look'), result('find')] },
    ],
  }
  const ids = (turn: Turn | undefined) => turn?.blocks.map(block => 'id' in block && block.id)
  const call = gemini.readRequest({ json })
  assert.deepEqual(ids(call.turns[1]), ['call_0', 'call_1', 'call_2'])
  assert.deepEqual(ids(call.turns[2]), ['call_0', 'call_2', 'call_1'])
  assert.deepEqual(gemini.readRequest({ json }), call)
})

test('the model and the wish for a stream stand in the path', () => {
  assert.deepEqual(gemini.readPath?.('ollama/llama3:8b:streamGenerateContent', {}), {
    model: 'ollama/llama3:8b',
    operation: 'chat',
    stream: true,
    array: true,
  })
  assert.deepEqual(gemini.readPath?.('m:streamGenerateContent', { alt: 'sse' }), {
    model: 'm',
    operation: 'chat',
    stream: true,
  })
  for (const path of ['m', 'm:sing', ':generateContent', 'm:toString']) {
    assert.equal(gemini.readPath?.(path, {}), undefined, path)
  }
  const call = gemini.readRequest({ json: { contents: [] }, path: { model: 'm', stream: true } })
  assert.deepEqual([call.model, call.stream], ['m', true])
})

for (const [json, param] of [
  [{}, 'contents'],
  [{ contents: [7] }, 'contents.0'],
  [{ contents: [{ role: 'system', parts: [] }] }, 'contents.0.role'],
  [{ contents: [{ parts: [{ functionCall: {} }] }] }, 'contents.0.parts.0.functionCall.name'],
  [{ contents: [], tools: [{ functionDeclarations: [{}] }] }, 'tools.0.functionDeclarations.0.name'],
  [{ contents: [], generationConfig: { topK: 'x' } }, 'generationConfig.topK'],
] as const) {
  test(`a request without a sound ${param} is refused by that name`, () => {
    assert.throws(() => gemini.readRequest({ json: json as JsonObject }), { code: 'SLUICE_REQUEST_INVALID', param })
  })
}

test('words that every object of JavaScript knows are no tiers, efforts or types of files', () => {
  const { body, losses } = fromChat({
    service_tier: 'constructor',
    reasoning_effort: 'constructor',
    messages: [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.constructor' } }] },
    ],
  })
  assert.deepEqual(losses, ['reasoning.effort', 'service_tier'])
  assert.deepEqual(body.generationConfig, { thinkingConfig: { thinkingBudget: -1, includeThoughts: true } })
  assert.deepEqual(body.contents[0]?.parts, [
    { fileData: { fileUri: 'https://example.com/a.constructor', mimeType: 'image/jpeg' } },
  ])
})

test('arguments that are no object are refused, not left out', () => {
  const json = { contents: [{ role: 'model', parts: [{ functionCall: { name: 'look', args: '{"at":"me"}' } }] }] }
  assert.throws(() => gemini.readRequest({ json }), /contents\.0\.parts\.0\.functionCall\.args must be an object/)
})

test('names inside a schema of the caller keep their spelling, whatever the member that holds it', () => {
  const schema = { type: 'object', properties: { first_name: { type: 'string' } } }
  const spelled = {
    generation_config: {
      _response_json_schema: schema,
      response_format: { text: { mime_type: 'application/json', schema } },
    },
  }
  assert.deepEqual(camelCased(spelled), {
    generationConfig: {
      _responseJsonSchema: schema,
      responseFormat: { text: { mimeType: 'application/json', schema } },
    },
  })
})
