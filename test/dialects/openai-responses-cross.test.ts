import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Call } from '../../src/call/call.ts'
import type { JsonObject } from '../../src/call/json.ts'
import type { Loss } from '../../src/call/loss.ts'
import type { Result } from '../../src/call/result.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { continueFrom } from '../../src/dialects/openai-responses/conversation.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'

const base: Call = { operation: 'chat', dialect: 'anthropic', model: 'm', stream: false, turns: [] }

function write(members: Partial<Call>): { body: JsonObject; losses: Record<string, string> } {
  const { body, losses } = openaiResponses.writeRequest({ ...base, ...members })
  return { body: JSON.parse(JSON.stringify(body)) as JsonObject, losses: reasons(losses) }
}

function reasons(losses: readonly Loss[]): Record<string, string> {
  return Object.fromEntries(losses.map(({ path, why }) => [path, why]))
}

suite("requests of other dialects' clients", () => {
  test('nothing is stored for a caller who never agreed to it', () => {
    assert.equal(write({}).body.store, false)
    assert.equal(openaiResponses.writeRequest({ ...base, dialect: 'openai-responses' }).body.store, undefined)
  })

  test('a function is strict only where the client says so', () => {
    const { body } = write({ tools: [{ name: 'a' }, { name: 'b', strict: true, parameters: { type: 'object' } }] })
    assert.deepEqual(body.tools, [
      { type: 'function', name: 'a', parameters: { type: 'object', properties: {} }, strict: false },
      { type: 'function', name: 'b', parameters: { type: 'object' }, strict: true },
    ])
  })

  test('a conversation of Anthropic becomes items; images and files go with it', () => {
    const call = anthropic.readRequest({
      json: {
        model: 'm',
        max_tokens: 10,
        system: 'Be brief.',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
              { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' } },
              { type: 'document', title: 'notes', source: { type: 'text', media_type: 'text/plain', data: 'Plain.' } },
            ],
          },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
              { type: 'text', text: 'I look.' },
              { type: 'tool_use', id: 't1', name: 'look', input: { at: 1 } },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 't1', content: 'seen', is_error: true },
              { type: 'text', text: 'Go on.' },
            ],
          },
        ],
      },
    })
    const { body, losses } = openaiResponses.writeRequest(call)
    assert.deepEqual(JSON.parse(JSON.stringify(body.input)), [
      { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'Be brief.' }] },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_image', image_url: 'data:image/png;base64,aGk=', detail: 'auto' },
          { type: 'input_file', file_data: 'data:application/pdf;base64,aGk=', filename: 'document.pdf' },
          { type: 'input_text', text: 'Plain.' },
        ],
      },
      { type: 'message', role: 'assistant', content: 'I look.' },
      { type: 'function_call', call_id: 't1', name: 'look', arguments: '{"at":1}' },
      { type: 'function_call_output', call_id: 't1', output: 'seen' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go on.' }] },
    ])
    assert.deepEqual(Object.keys(reasons(losses)).sort(), [
      'messages.0.content.2.title',
      'messages.1.content.0',
      'messages.2.content.0.is_error',
    ])
  })

  test('settings without a counterpart are losses, in the words of the API that has them', () => {
    const { body, losses } = write({
      stop: ['END'],
      seed: 1,
      topK: 5,
      choices: 2,
      frequencyPenalty: 1,
      presencePenalty: 0,
      logprobs: { enabled: true, top: 2 },
      serviceTier: 'standard_only',
      reasoning: { budget: 5000 },
    })
    assert.deepEqual(Object.keys(losses).sort(), [
      ...['frequency_penalty', 'logprobs', 'n', 'seed', 'stop', 'thinking.budget_tokens', 'top_k'],
    ])
    assert.equal(body.service_tier, 'default')
    assert.deepEqual(body.reasoning, { effort: 'medium' })
  })

  test('a tool choice needs tools, and a schema a name', () => {
    const { body } = write({
      toolChoice: { type: 'required' },
      format: { type: 'json-schema', schema: { type: 'object' } },
    })
    assert.equal(body.tool_choice, undefined)
    assert.deepEqual(body.text, { format: { type: 'json_schema', name: 'response', schema: { type: 'object' } } })
  })
})

suite('requests of the Responses API to other vendors', () => {
  const read = (members: JsonObject): Call =>
    openaiResponses.readRequest({ json: { model: 'm', input: 'Hi', ...members } })

  test('what asks for nothing is no loss', () => {
    const json = { store: false, background: false, truncation: 'disabled', include: ['reasoning.encrypted_content'] }
    const { body, losses } = openaiChat.writeRequest(read(json))
    assert.deepEqual(losses, [])
    assert.deepEqual(Object.keys(body), ['model', 'messages'])
  })

  test('what a vendor of chats has no word for is a loss by its name', () => {
    const json = {
      metadata: { a: '1' },
      prompt_cache_key: 'k',
      text: { verbosity: 'low' },
      tools: [{ type: 'web_search' }],
    }
    const losses = reasons(openaiChat.writeRequest(read(json)).losses)
    assert.deepEqual(Object.keys(losses).sort(), ['metadata', 'prompt_cache_key', 'text.verbosity', 'tools.0'])
  })

  test('items that only OpenAI understands leave no empty message behind', () => {
    const input = [
      { type: 'custom_tool_call', call_id: 'c', name: 'apply_patch', input: 'x' },
      { type: 'custom_tool_call_output', call_id: 'c', output: 'done' },
      { role: 'user', content: 'Go on.' },
    ]
    const { body, losses } = openaiChat.writeRequest(read({ input }))
    assert.deepEqual(body.messages, [{ role: 'user', content: 'Go on.' }])
    assert.deepEqual(Object.keys(reasons(losses)), ['input.0', 'input.1'])
  })

  test('a number of log probabilities is sent only where log probabilities are asked for, which others refuse otherwise', () => {
    const call = openaiResponses.readRequest({ json: { model: 'm', input: 'Hello', top_logprobs: 2 } })
    assert.equal(openaiChat.writeRequest(call).body.top_logprobs, undefined)
    assert.equal(gemini.writeRequest(call).body.generationConfig, undefined)
    const asked = { ...call, logprobs: { enabled: true, top: 2 } }
    assert.equal(openaiChat.writeRequest(asked).body.top_logprobs, 2)
    assert.deepEqual(gemini.writeRequest(asked).body.generationConfig, { responseLogprobs: true, logprobs: 2 })
  })

  test('what stands for something that OpenAI keeps is indispensable', () => {
    const call = read({ previous_response_id: 'r', input: [{ type: 'item_reference', id: 'msg_1' }] })
    assert.deepEqual(
      call.indispensable?.map(({ path }) => path),
      ['previous_response_id', 'input.0'],
    )
    const earlier = [{ role: 'user' as const, blocks: [{ type: 'text' as const, text: 'Before' }] }]
    const continued = continueFrom(read({ previous_response_id: 'r', instructions: 'Now' }), earlier)
    assert.deepEqual(continued.indispensable, [])
    assert.deepEqual(
      continued.turns.map(({ role }) => role),
      ['system', 'user', 'user'],
    )
    assert.equal(openaiResponses.writeRequest(continued).body.previous_response_id, undefined)
  })
})

suite('answers for clients of the Responses API', () => {
  const answer = (output: Partial<Result['outputs'][number]>): Result => ({
    id: 'a1',
    model: 'm',
    outputs: [{ blocks: [{ type: 'text', text: 'Hi' }], finish: { reason: 'stop' }, ...output }],
  })

  test('B5: every reason has its status', () => {
    const cases = [
      ['stop', 'completed', null],
      ['tool-calls', 'completed', null],
      ['stop-sequence', 'completed', null],
      ['pause', 'completed', null],
      ['other', 'completed', null],
      ['length', 'incomplete', { reason: 'max_output_tokens' }],
      ['content-filter', 'incomplete', { reason: 'content_filter' }],
      ['refusal', 'incomplete', { reason: 'content_filter' }],
    ] as const
    for (const [reason, status, details] of cases) {
      const { body } = openaiResponses.writeResponse(answer({ finish: { reason } }))
      assert.deepEqual([reason, body.status, body.incomplete_details], [reason, status, details])
    }
    const refused = { blocks: [{ type: 'text', text: 'No.', refusal: true }], finish: { reason: 'refusal' } } as const
    assert.equal(openaiResponses.writeResponse(answer(refused)).body.status, 'completed')
  })

  test('what a status cannot say is a loss', () => {
    const { losses } = openaiResponses.writeResponse(answer({ finish: { reason: 'stop-sequence', sequence: 'END' } }))
    assert.deepEqual(Object.keys(reasons(losses)), ['stop_sequence'])
    const several = openaiResponses.writeResponse({
      ...answer({}),
      outputs: [...answer({}).outputs, ...answer({}).outputs],
    })
    assert.deepEqual(Object.keys(reasons(several.losses)), ['outputs.1'])
  })

  test('signed reasoning can be sent back: what Anthropic signed comes back to it as it was', () => {
    const blocks = [
      { type: 'reasoning', text: 'Hm.\n\nSo.', signature: 'c2ln' },
      { type: 'reasoning', text: '', redacted: 'ZW5j' },
      { type: 'text', text: 'Hi' },
    ] as const
    const { body } = openaiResponses.writeResponse(answer({ blocks }))
    const output = JSON.parse(JSON.stringify(body.output))
    const call = openaiResponses.readRequest({
      json: { model: 'm', input: [{ role: 'user', content: 'x' }, ...output] },
    })
    const { messages } = JSON.parse(JSON.stringify(anthropic.writeRequest(call).body))
    assert.deepEqual(messages[1].content, [
      { type: 'thinking', thinking: 'Hm.\n\nSo.', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'ZW5j' },
      { type: 'text', text: 'Hi' },
    ])
  })
})

suite('errors', () => {
  test('an error in a stream has the status that belongs to its words, in either form', () => {
    const flat = { type: 'error', code: 'rate_limit_exceeded', message: 'slow down', param: null, sequence_number: 2 }
    const nested = { type: 'error', error: { type: 'tokens', code: 'rate_limit_exceeded', message: 'slow down' } }
    const failed = { status: 'failed', error: { code: 'server_error', message: 'broken' } }
    assert.deepEqual(
      [flat, nested, failed]
        .map(json => openaiResponses.readError(200, json))
        .map(({ kind, status }) => [kind, status]),
      [
        ['limited', 429],
        ['limited', 429],
        ['upstream', 502],
      ],
    )
  })

  test('what a vendor says of our key is not passed on', () => {
    const json = { error: { message: 'Incorrect API key provided: sk-1', code: 'invalid_api_key' } }
    const fault = openaiResponses.readError(401, json)
    assert.doesNotMatch(JSON.stringify([fault, openaiResponses.writeError(fault)]), /sk-1/)
  })
})
