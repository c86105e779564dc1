import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import OpenAI from 'openai'
import type { Call } from '../../src/call/call.ts'
import type { JsonObject } from '../../src/call/json.ts'
import { replay } from '../../src/call/replay.ts'
import type { Result } from '../../src/call/result.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { encodeFrame } from '../../src/relay/sse.ts'
import { type Handler, type SeenRequest, stream, whole } from '../upstream.ts'
import { asked, type Bench, type BenchOptions, CHAT, MESSAGES, RESPONSES, setUp } from './setup.ts'

const CODEX = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/openai-responses/requests/codex.json'), 'utf8'),
) as JsonObject

const RESULT: Result = {
  id: 'answer_1',
  model: 'm',
  outputs: [
    {
      blocks: [
        { type: 'reasoning', text: 'Two calls at once.', signature: 'c2ln' },
        { type: 'text', text: 'I look.' },
        { type: 'tool-call', id: 'call_1', name: 'shell', arguments: '{"command":["ls"]}' },
        { type: 'tool-call', id: 'call_2', name: 'today', arguments: '{}' },
      ],
      finish: { reason: 'tool-calls' },
    },
  ],
  usage: { input: 159_223, output: 7, cacheRead: 4, cacheWrite: 159_213, reasoning: 3 },
}

const CLIENT: Call = { operation: 'chat', dialect: '', model: 'm', stream: true, turns: [], includeUsage: true }

/** A vendor that gives `result` in its own dialect, streamed where it is asked to stream. */
function vendor(name: string, result = RESULT): Handler {
  const dialect = dialectNamed(name)
  const writer = dialect.eventWriter(CLIENT)
  const frames = replay(result).flatMap(event => writer.push(event))
  const streamed = stream(frames.map(encodeFrame))
  const complete = whole(dialect.writeResponse(result).body)
  return (request, response) => (body(request).stream === true ? streamed : complete)(request, response)
}

/** A piece of what a vendor was sent, in any of the dialects. */
interface Sent {
  readonly role?: string
  readonly type?: string
  readonly text?: string
  readonly stream?: boolean
  readonly store?: boolean
  readonly max_tokens?: number
  readonly reasoning_effort?: string
  readonly signature?: string
  readonly tool_call_id?: string
  readonly tool_use_id?: string
  readonly id?: string
  readonly function?: { readonly name: string }
  readonly input?: unknown
  readonly content?: string | readonly Sent[]
  readonly messages?: readonly Sent[]
  readonly system?: readonly Sent[]
  readonly tools?: readonly Sent[]
  readonly tool_calls?: readonly Sent[]
}

function body({ body: bytes }: Pick<SeenRequest, 'body'>): Sent {
  return JSON.parse(bytes.toString('utf8')) as Sent
}

const VENDORS = [
  { type: 'openai', dialect: 'openai-responses', path: '/v1/responses' },
  { type: 'vllm', dialect: 'openai-chat', path: '/v1/chat/completions' },
  { type: 'anthropic', dialect: 'anthropic', path: '/v1/messages' },
] as const

function start(t: TestContext, type: (typeof VENDORS)[number]['type'], handler: Handler, options: BenchOptions = {}) {
  return setUp(t, [handler], { types: [type], ...options })
}

function client({ gateway }: Bench): OpenAI {
  return new OpenAI({ apiKey: 'caller', baseURL: `${gateway.url}/v1`, maxRetries: 0 })
}

/** A response as a program reads it that goes on with it. */
function said(response: OpenAI.Responses.Response): object {
  return {
    text: response.output_text,
    calls: response.output
      .filter(item => item.type === 'function_call')
      .map(({ call_id: id, name, arguments: input }) => [id, name, JSON.parse(input)]),
    status: response.status,
    input: response.usage?.input_tokens,
    cached: response.usage?.input_tokens_details.cached_tokens,
    output: response.usage?.output_tokens,
    total: response.usage?.total_tokens,
  }
}

const SAID = {
  text: 'I look.',
  calls: [
    ['call_1', 'shell', { command: ['ls'] }],
    ['call_2', 'today', {}],
  ],
  status: 'completed',
  input: 159_223,
  cached: 4,
  output: 7,
  total: 159_230,
}

suite('the official client of the Responses API', () => {
  for (const { type, dialect, path } of VENDORS) {
    test(`B4, B18, B29: reads the answer of ${type}`, async t => {
      const bench = await start(t, type, vendor(dialect))
      const response = await client(bench).responses.create({ model: 'chat', input: 'Hello' })
      assert.deepEqual(said(response), SAID)
      assert.equal((await bench.upstream.request(0)).url, path)
    })

    test(`B1, B4, B18, B29: puts the stream of ${type} together, events in order`, async t => {
      const bench = await start(t, type, vendor(dialect))
      const events = client(bench).responses.stream({ model: 'chat', input: 'Hello' })
      const types: string[] = []
      const numbers: number[] = []
      for await (const event of events) {
        if (event.type !== types.at(-1)) types.push(event.type)
        numbers.push(event.sequence_number)
      }
      const response = await events.finalResponse()
      assert.deepEqual(said(response as unknown as OpenAI.Responses.Response), SAID)
      assert.deepEqual(types.slice(0, 2), ['response.created', 'response.in_progress'])
      assert.equal(types.at(-1), 'response.completed')
      assert.deepEqual(numbers, [...numbers.keys()])
    })

    test(`B29: ${type} gets what Codex sends, and Codex's next turn`, async t => {
      const bench = await start(t, type, vendor(dialect))
      const answer = await bench.gateway.post(RESPONSES, { ...CODEX, model: 'chat' })
      assert.match(await answer.text(), /event: response\.completed\n/)
      checkAsked[dialect](body(await bench.upstream.request(0)))
    })
  }

  test('asks a vendor for a chat that speaks nothing but the Responses API', async t => {
    const provider = { type: 'openai-compatible', dialect: 'openai-responses' }
    const bench = await start(t, 'vllm', vendor('openai-responses'), { provider })
    const completion = await client(bench).chat.completions.create({
      model: 'chat',
      messages: [{ role: 'user', content: 'Hello' }],
    })
    assert.equal(completion.choices[0]?.finish_reason, 'tool_calls')
    const sent = body(await bench.upstream.request(0))
    assert.equal(bench.upstream.requests[0]?.url, '/v1/responses')
    assert.deepEqual(sent.input, [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }])
    assert.equal(sent.store, false)
  })

  test('B19: cached tokens of a response are told to a client of the Messages API', async t => {
    const provider = { type: 'openai-compatible', dialect: 'openai-responses' }
    const bench = await start(t, 'vllm', vendor('openai-responses'), { provider })
    for (const streamed of [false, true]) {
      const answer = await bench.gateway.post(MESSAGES, asked({ max_tokens: 10, stream: streamed }))
      const text = await answer.text()
      assert.match(text, /"cache_read_input_tokens":4\b/)
      assert.match(text, /"input_tokens":6\b/)
    }
  })

  test('a stream through the pass lane goes as it came, and is not asked for usage in the words of chats', async t => {
    const bench = await start(t, 'openai', vendor('openai-responses'))
    const request = { input: 'Hello', model: 'chat', stream: true, tomorrow: 1 }
    const answer = await bench.gateway.post(RESPONSES, request)
    await answer.text()
    assert.deepEqual(body(await bench.upstream.request(0)), { ...request, model: 'm' })
    const line = await bench.gateway.ended(1)
    assert.equal(line.lane, 'pass')
    assert.equal(line.inputTokens ?? (line.usage as JsonObject | undefined)?.input, 159_223)
  })
})

/** What each vendor must have been asked for by the request of Codex. */
const checkAsked: Record<(typeof VENDORS)[number]['dialect'], (sent: Sent) => void> = {
  'openai-responses': sent => assert.deepEqual(sent, { ...CODEX, model: 'm' }),
  'openai-chat': ({ messages = [], tools, reasoning_effort: effort }) => {
    const roles = messages.map(({ role }) => role)
    assert.deepEqual(roles, ['system', 'system', 'user', 'assistant', 'tool', 'tool'])
    const [, , , assistant, ...results] = messages
    const calls = assistant?.tool_calls?.map(({ id }) => id)
    assert.deepEqual([assistant?.content, calls], ['I look.', ['call_1', 'call_2']])
    const answered = results.map(result => result.tool_call_id)
    assert.deepEqual([answered, tools?.[0]?.function?.name, effort], [calls, 'shell', 'medium'])
  },
  anthropic: ({ system, messages = [] }) => {
    const [user, assistant, results] = messages
    const said = listOf(assistant)
    assert.deepEqual([system?.length, user?.role, messages.length], [2, 'user', 3])
    assert.deepEqual(
      said.map(({ type }) => type),
      ['text', 'tool_use', 'tool_use'],
      'reasoning that OpenAI sealed is not for Anthropic',
    )
    assert.deepEqual(
      listOf(results).map(result => result.tool_use_id),
      ['call_1', 'call_2'],
    )
  },
}

function listOf(message: Sent | undefined): readonly Sent[] {
  return typeof message?.content === 'object' ? message.content : []
}

suite('errors of the Responses API', () => {
  test('what only OpenAI keeps is refused by name where another vendor is asked', async t => {
    const bench = await start(t, 'anthropic', vendor('anthropic'))
    for (const member of [{ previous_response_id: 'resp_1' }, { conversation: 'conv_1' }, { prompt: { id: 'p' } }]) {
      const [name] = Object.keys(member)
      const answer = await bench.gateway.post(RESPONSES, { model: 'chat', input: 'Hello', ...member })
      assert.equal(answer.status, 400)
      const { error } = (await answer.json()) as { error: JsonObject }
      assert.equal(error.param, name)
      assert.match(String(error.message), new RegExp(`^${name}: `))
    }
    assert.equal(bench.upstream.requests.length, 0)
  })

  test('B29, B5: an answer that is cut by the limit is incomplete, streamed and not', async t => {
    const cut: Result = {
      ...RESULT,
      outputs: [{ blocks: [{ type: 'text', text: 'Once' }], finish: { reason: 'length' } }],
    }
    const bench = await start(t, 'anthropic', vendor('anthropic', cut))
    const openai = client(bench)
    const response = await openai.responses.create({ model: 'chat', input: 'x', max_output_tokens: 16 })
    assert.deepEqual([response.status, response.incomplete_details], ['incomplete', { reason: 'max_output_tokens' }])
    const text = await (await bench.gateway.post(RESPONSES, { model: 'chat', input: 'x', stream: true })).text()
    assert.match(text, /event: response\.incomplete\n/)
    assert.doesNotMatch(text, /response\.completed/)
    assert.equal(body(await bench.upstream.request(0)).max_tokens, 16)
  })

  test('a vendor that dies in the middle ends as an error that the client throws, and as a failed response', async t => {
    const writer = dialectNamed('openai-chat').eventWriter(CLIENT)
    const frames = replay(RESULT).flatMap(event => writer.push(event))
    const bench = await start(t, 'vllm', stream(frames.slice(0, -4).map(encodeFrame)))
    const events = client(bench).responses.stream({ model: 'chat', input: 'x' })
    await assert.rejects(async () => {
      for await (const _ of events);
    }, OpenAI.APIError)
    const text = await (await bench.gateway.post(RESPONSES, { model: 'chat', input: 'x', stream: true })).text()
    assert.match(text, /event: error\ndata: .*\n\nevent: response\.failed\ndata: .*\n\n$/)
  })

  test('a body that is no request is refused in the words of the API', async t => {
    const bench = await start(t, 'vllm', vendor('openai-chat'))
    const cases: [object, string][] = [
      [{ model: 'chat' }, 'input'],
      [{ model: 'chat', input: [{ role: 'robot', content: 'x' }] }, 'input.0.role'],
      [{ model: 'chat', input: [{ type: 'function_call_output', output: 'x' }] }, 'input.0.call_id'],
      [{ model: 'chat', input: 'x', max_output_tokens: 'many' }, 'max_output_tokens'],
    ]
    for (const [request, param] of cases) {
      const answer = await bench.gateway.post(RESPONSES, request)
      assert.equal(answer.status, 400)
      assert.equal(((await answer.json()) as { error: JsonObject }).error.param, param)
    }
  })

  test('C8: another target is asked when the first fails, in whichever dialect', async t => {
    const failing = whole({ error: { message: 'down' } }, { status: 500 })
    const bench = await setUp(t, [failing, vendor('anthropic')], { types: ['openai', 'anthropic'] })
    for (const streamed of [false, true]) {
      const answer = await bench.gateway.post(RESPONSES, { model: 'chat', input: 'x', stream: streamed })
      assert.equal(answer.status, 200)
      assert.match(await answer.text(), /I look\./)
    }
  })

  test('chats of a vendor that has both doors still go to the one for chats', async t => {
    const bench = await start(t, 'openai', vendor('openai-chat'))
    await (await bench.gateway.post(CHAT, asked())).text()
    assert.equal((await bench.upstream.request(0)).url, '/v1/chat/completions')
  })
})
