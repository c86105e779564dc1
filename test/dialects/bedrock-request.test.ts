import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { bedrock } from '../../src/dialects/bedrock/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { deepFreeze } from './laws.ts'

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const HELLO = { role: 'user', content: 'Hello' }
const WEATHER = { name: 'weather', description: 'The weather', input_schema: { type: 'object' } }

interface Written {
  readonly body: JsonObject
  readonly losses: readonly string[]
}

/** What Bedrock is sent for a chat completion, and the paths of what is lost. */
function fromChat(json: JsonObject, model = CLAUDE): Written {
  return written({ ...openaiChat.readRequest({ json: deepFreeze({ model, messages: [HELLO], ...json }) }), model })
}

/** The same for a message of Anthropic's. */
function fromMessages(json: JsonObject, headers = {}, model = CLAUDE): Written {
  const whole = deepFreeze({ model, max_tokens: 4096, messages: [HELLO], ...json })
  return written(anthropic.readRequest({ json: whole, headers }))
}

function written(call: Parameters<typeof bedrock.writeRequest>[0]): Written {
  const { body, losses } = bedrock.writeRequest(call)
  return { body: JSON.parse(JSON.stringify(body)), losses: losses.map(({ path }) => path) }
}

test('model and stream are said by the path, and the body says nothing of them', () => {
  const json = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }
  const call = bedrock.readRequest({ json, path: { model: CLAUDE, stream: true } })
  assert.equal(call.model, CLAUDE)
  assert.equal(call.stream, true)
  assert.deepEqual(bedrock.writeRequest(call).body, json)
})

test('what is no Converse request is refused by the member at fault', () => {
  const cases: readonly (readonly [JsonObject, string])[] = [
    [{ messages: 'Hello' }, 'messages'],
    [{ messages: [{ role: 'system', content: [] }] }, 'messages.0.role'],
    [{ messages: [{ role: 'user', content: 'Hello' }] }, 'messages.0.content'],
    [{ messages: [{ role: 'user', content: [{}] }] }, 'messages.0.content.0'],
    [{ messages: [], inferenceConfig: { maxTokens: 'many' } }, 'inferenceConfig.maxTokens'],
    [{ messages: [], toolConfig: { tools: {} } }, 'toolConfig.tools'],
  ]
  for (const [json, param] of cases) {
    assert.throws(() => bedrock.readRequest({ json }), { code: 'SLUICE_REQUEST_INVALID', param }, param)
  }
})

test('B11: tool messages in a row become one user message with their results, two of one call one result', () => {
  const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })
  const { body } = fromChat({
    messages: [
      HELLO,
      { role: 'assistant', content: null, tool_calls: [call('a'), call('b'), call('c')] },
      { role: 'tool', tool_call_id: 'a', content: 'one' },
      { role: 'tool', tool_call_id: 'b', content: 'two' },
      { role: 'tool', tool_call_id: 'c', content: 'three' },
      { role: 'tool', tool_call_id: 'a', content: 'more' },
      { role: 'user', content: 'Go on' },
    ],
  })
  const result = (id: string, ...texts: string[]) => ({
    toolResult: { toolUseId: id, content: texts.map(text => ({ text })) },
  })
  const messages = body.messages as { role: string; content: Json[] }[]
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'user'],
  )
  assert.deepEqual(messages[2]?.content, [
    result('a', 'one', 'more'),
    result('b', 'two'),
    result('c', 'three'),
    { text: 'Go on' },
  ])
})

test('B12: a tool result without its call is refused by its id', () => {
  const messages = [HELLO, { role: 'tool', tool_call_id: 'call_x', content: 'one' }]
  assert.throws(() => fromChat({ messages }), /call_x/)
})

test('B13: a history that holds tool calls gets their tools, though none are offered any more', () => {
  const { body } = fromMessages({
    messages: [
      HELLO,
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'weather', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'sunny' }] },
    ],
  })
  assert.deepEqual(body.toolConfig, {
    tools: [
      {
        toolSpec: {
          name: 'weather',
          description: 'Not available any more.',
          inputSchema: { json: { type: 'object' } },
        },
      },
    ],
  })
  assert.equal(fromMessages({}).body.toolConfig, undefined)
})

test('B14: empty and blank texts are left out, and a message of nothing else too', () => {
  const { body, losses } = fromChat({
    messages: [
      { role: 'system', content: ' ' },
      { role: 'user', content: '' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: '' },
    ],
  })
  assert.deepEqual(body.messages, [{ role: 'user', content: [{ text: 'Hello' }] }])
  assert.equal(body.system, undefined)
  assert.deepEqual(losses, ['messages.1', 'messages.3'])
  assert.throws(() => fromChat({ messages: [{ role: 'user', content: '' }] }), { code: 'SLUICE_REQUEST_INVALID' })
})

test('B15: system messages are joined in order, wherever they stood', () => {
  const { body, losses } = fromChat({
    messages: [{ role: 'system', content: 'One' }, HELLO, { role: 'developer', content: 'Two' }],
  })
  assert.deepEqual(body.system, [{ text: 'One' }, { text: 'Two' }])
  assert.deepEqual(losses, ['messages.2'])
})

test('B16: cache_control on system, tools, messages and inside of results becomes cache points', () => {
  const cache_control = { type: 'ephemeral' }
  const { body, losses } = fromMessages({
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
    tools: [{ ...WEATHER, cache_control }],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Hello', cache_control }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'weather', input: {}, cache_control }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'sunny', cache_control }] },
          { type: 'text', text: 'Go on' },
        ],
      },
    ],
  })
  const point = { cachePoint: { type: 'default' } }
  assert.deepEqual(body.system, [{ text: 'Be brief.' }, { cachePoint: { type: 'default', ttl: '1h' } }])
  const { tools } = body.toolConfig as { tools: Json[] }
  assert.deepEqual(tools[1], point)
  const contents = (body.messages as { content: Json[] }[]).map(({ content }) => content)
  assert.deepEqual(contents[0], [{ text: 'Hello' }, point])
  assert.deepEqual(contents[1], [{ toolUse: { toolUseId: 't1', name: 'weather', input: {} } }, point])
  assert.deepEqual(contents[2], [
    { toolResult: { toolUseId: 't1', content: [{ text: 'sunny' }] } },
    point,
    { text: 'Go on' },
  ])
  assert.deepEqual(losses, [])
})

test('a model that caches nothing is sent no cache point, and Nova none on a tool; each mark is a loss', () => {
  const cache_control = { type: 'ephemeral' }
  const marked = (model: string): Written =>
    fromMessages(
      {
        system: [{ type: 'text', text: 'Be brief.', cache_control }],
        tools: [{ ...WEATHER, cache_control }],
        messages: [
          HELLO,
          { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'weather', input: {} }] },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'sun', cache_control }] },
            ],
          },
        ],
      },
      {},
      model,
    )
  const pointsOf = ({ body }: Written): number => JSON.stringify(body).split('cachePoint').length - 1
  const all = ['system.0', 'messages.2.content.0.content.0', 'tools.0'].map(at => `${at}.cache_control`)
  for (const model of [
    'nvidia.nemotron-super-3-120b',
    'us.deepseek.r1-v1:0',
    'anthropic.claude-3-haiku-20240307-v1:0',
  ]) {
    assert.equal(pointsOf(marked(model)), 0, model)
    assert.deepEqual(marked(model).losses, all, model)
  }
  const nova = marked('us.amazon.nova-pro-v1:0')
  assert.equal(pointsOf(nova), 2)
  assert.deepEqual(nova.losses, ['tools.0.cache_control'])
  const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123'
  for (const model of [CLAUDE, profile]) assert.equal(pointsOf(marked(model)), 3, model)
})

test('B16: cache points become cache_control, also at another vendor', () => {
  const point = { cachePoint: { type: 'default' } }
  const json = {
    system: [{ text: 'Be brief.' }, point],
    messages: [{ role: 'user', content: [{ text: 'Hello' }, point] }],
    toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }, point] },
  }
  const call = bedrock.readRequest({ json, path: { model: 'claude', stream: false } })
  const { body, losses } = anthropic.writeRequest(call)
  const cache_control = { type: 'ephemeral' }
  assert.deepEqual(body.system, [{ type: 'text', text: 'Be brief.', cache_control }])
  assert.deepEqual(body.messages, [{ role: 'user', content: [{ type: 'text', text: 'Hello', cache_control }] }])
  assert.deepEqual((body.tools as JsonObject[])[0]?.cache_control, cache_control)
  assert.deepEqual(losses, [])
})

test('B20: a tool choice is any, tool or auto; "none" is withheld, and said to be', () => {
  const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }]
  const choiceFor = (tool_choice: Json) => {
    const { body, losses } = fromChat({ tools, tool_choice })
    return [(body.toolConfig as JsonObject).toolChoice, losses]
  }
  assert.deepEqual(choiceFor('auto'), [{ auto: {} }, []])
  assert.deepEqual(choiceFor('required'), [{ any: {} }, []])
  assert.deepEqual(choiceFor({ type: 'function', function: { name: 'weather' } }), [{ tool: { name: 'weather' } }, []])
  assert.deepEqual(choiceFor('none'), [undefined, ['tool_choice']])
  assert.deepEqual(fromChat({ tools, parallel_tool_calls: false }).losses, ['parallel_tool_calls'])
})

test('B20: a forced choice is not sent with extended thinking', () => {
  const { body, losses } = fromMessages({
    tools: [WEATHER],
    tool_choice: { type: 'any' },
    thinking: { type: 'enabled', budget_tokens: 2048 },
  })
  assert.equal((body.toolConfig as JsonObject).toolChoice, undefined)
  assert.deepEqual(body.additionalModelRequestFields, { thinking: { type: 'enabled', budget_tokens: 2048 } })
  assert.deepEqual(losses, ['tool_choice'])
})

test('B31: of the betas of a client those that Bedrock knows reach a Claude there', () => {
  const betas = { 'anthropic-beta': 'context-1m-2025-08-07,claude-code-20250219, interleaved-thinking-2025-05-14' }
  const { body, losses } = fromMessages({}, betas)
  assert.deepEqual(body.additionalModelRequestFields, {
    anthropic_beta: ['context-1m-2025-08-07', 'interleaved-thinking-2025-05-14'],
  })
  assert.deepEqual(losses, ['anthropic-beta'])
  assert.equal(fromMessages({}, betas, 'us.amazon.nova-2-lite-v1:0').body.additionalModelRequestFields, undefined)
})

test('B28: thinking is asked of each model in its own words; where none are known, it is a loss', () => {
  const fieldsFor = (model: string, json: JsonObject) => {
    const { body, losses } = fromChat(json, model)
    return [body.additionalModelRequestFields, losses]
  }
  const low = { reasoning_effort: 'minimal' }
  assert.deepEqual(fieldsFor(CLAUDE, low), [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, []])
  assert.deepEqual(fieldsFor('openai.gpt-oss-120b-1:0', low), [{ reasoning_effort: 'low' }, []])
  assert.deepEqual(fieldsFor('us.amazon.nova-2-lite-v1:0', low), [undefined, ['reasoning']])
  assert.deepEqual(fromChat(low).body.inferenceConfig, { maxTokens: 6144 })
})

test('B28: a Claude that takes no thinking budget is told an effort in its place, as at Anthropic', () => {
  const call = openaiChat.readRequest({ json: { model: CLAUDE, messages: [HELLO], reasoning_effort: 'high' } })
  const { body, losses } = written({ ...call, target: { adaptiveThinking: true } })
  assert.deepEqual(body.additionalModelRequestFields, {
    thinking: { type: 'adaptive' },
    output_config: { effort: 'high' },
  })
  assert.deepEqual(losses, [])
})

test('B28: what the efforts of an open model of OpenAI cannot say is a loss', () => {
  const thinking = (members: JsonObject) => {
    const { body, losses } = fromMessages(members, {}, 'openai.gpt-oss-120b-1:0')
    return [body.additionalModelRequestFields, losses]
  }
  const budget = { thinking: { type: 'enabled', budget_tokens: 8000 } }
  assert.deepEqual(thinking(budget), [{ reasoning_effort: 'medium' }, ['thinking.budget_tokens']])
  assert.deepEqual(thinking({ output_config: { effort: 'max' } }), [{ reasoning_effort: 'high' }, ['effort']])
  assert.deepEqual(thinking({ thinking: { type: 'disabled' } }), [undefined, ['thinking']])
})

test('settings that Bedrock has under another name or not at all', () => {
  const { body, losses } = fromChat({
    max_completion_tokens: 100,
    temperature: 1.5,
    top_p: 0.5,
    stop: ['END', ' '],
    seed: 7,
    user: 'u-1',
    service_tier: 'flex',
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' }, strict: true } },
  })
  assert.deepEqual(body.inferenceConfig, { maxTokens: 100, temperature: 1, topP: 0.5, stopSequences: ['END'] })
  assert.deepEqual(body.serviceTier, { type: 'flex' })
  assert.deepEqual(body.outputConfig, {
    textFormat: {
      type: 'json_schema',
      structure: { jsonSchema: { schema: '{"type":"object"}', name: 'answer' } },
    },
  })
  assert.deepEqual(losses, ['seed', 'user', 'temperature', 'stop'])
})

test('B27: images are named by their own first bytes, files by their types; what Bedrock cannot reach is a loss', () => {
  const { body, losses } = fromMessages({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: '/9j/4AAQ' } },
          { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
            title: 'My_report: v1.pdf',
          },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'A note.' } },
          { type: 'text', text: 'Sum up' },
        ],
      },
    ],
  })
  assert.deepEqual((body.messages as { content: Json }[])[0]?.content, [
    { image: { format: 'jpeg', source: { bytes: '/9j/4AAQ' } } },
    { document: { format: 'pdf', name: 'My report v1 pdf', source: { bytes: 'JVBE' } } },
    { document: { format: 'txt', name: 'document', source: { text: 'A note.' } } },
    { text: 'Sum up' },
  ])
  assert.deepEqual(losses, ['messages.0.content.1'])
})

test('B6: signed and encrypted reasoning goes back as it came; reasoning without proof does not', () => {
  const { body, losses } = fromMessages({
    messages: [
      HELLO,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: '', signature: 'c2ln' },
          { type: 'redacted_thinking', data: 'ZW5j' },
          { type: 'thinking', thinking: 'Hm.', signature: '' },
          { type: 'text', text: 'Hi' },
        ],
      },
      HELLO,
    ],
  })
  assert.deepEqual((body.messages as { content: Json }[])[1]?.content, [
    { reasoningContent: { reasoningText: { text: '', signature: 'c2ln' } } },
    { reasoningContent: { redactedContent: 'ZW5j' } },
    { text: 'Hi' },
  ])
  assert.deepEqual(losses, ['messages.1.content.2'])
})

test('a Converse request says the same to Chat Completions, JSON results as text', () => {
  const json = {
    system: [{ text: 'Be brief.' }],
    messages: [
      { role: 'user', content: [{ text: 'Weather?' }] },
      { role: 'assistant', content: [{ toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Rome' } } }] },
      {
        role: 'user',
        content: [{ toolResult: { toolUseId: 't1', content: [{ json: { degrees: 31 } }], status: 'success' } }],
      },
    ],
    inferenceConfig: { maxTokens: 50, stopSequences: ['END'] },
    toolConfig: {
      tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }],
      toolChoice: { any: {} },
    },
    guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
  }
  const call = bedrock.readRequest({ json, path: { model: 'gpt-4o', stream: false } })
  const { body, losses } = openaiChat.writeRequest(call)
  const [system, user, assistant, tool] = body.messages as JsonObject[]
  assert.deepEqual([system?.role, user?.role, assistant?.role, tool?.role], ['system', 'user', 'assistant', 'tool'])
  assert.equal(tool?.tool_call_id, 't1')
  assert.match(JSON.stringify(tool?.content), /degrees.{0,4}:31/)
  assert.equal(body.tool_choice, 'required')
  assert.deepEqual(
    losses.map(({ path }) => path),
    ['guardrailConfig'],
  )
})

test('a tier that every object of JavaScript knows is none of Bedrock', () => {
  const { body, losses } = fromChat({ service_tier: 'constructor' })
  assert.deepEqual(losses, ['service_tier'])
  assert.ok(!('serviceTier' in body))
})

test('documents of one name are numbered, since Bedrock refuses two of the same in a conversation', () => {
  const source = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' }
  const files = ['Report', undefined, 'report', undefined, 'report'].map(title => ({
    type: 'document',
    source,
    ...(title !== undefined && { title }),
  }))
  const [last, ...first] = files.toReversed()
  const { body } = fromMessages({
    messages: [
      { role: 'user', content: first.toReversed() },
      { role: 'assistant', content: 'Go on' },
      { role: 'user', content: [last as Json] },
    ],
  })
  const messages = body.messages as readonly { content: readonly { document?: { name: string } }[] }[]
  const names = messages.flatMap(({ content }) => content.flatMap(({ document }) => document?.name ?? []))
  assert.deepEqual(names, ['Report', 'document', 'report 2', 'document 2', 'report 3'])
})

test('a document without a word beside it is named, since Bedrock wants a text with documents', () => {
  const source = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' }
  const document = { type: 'document', source, title: 'Report' }
  const contentOf = (content: Json) =>
    (
      fromMessages({ messages: [{ role: 'user', content }] }).body.messages as readonly { content: JsonObject[] }[]
    )[0]?.content.map(({ text }) => text)
  assert.deepEqual(contentOf([document]), [undefined, 'Report'])
  assert.deepEqual(contentOf([document, { type: 'text', text: 'Sum up' }]), [undefined, 'Sum up'])
})
