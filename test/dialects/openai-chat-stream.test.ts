import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../src/call/block.ts'
import type { Call } from '../../src/call/call.ts'
import type { Event } from '../../src/call/event.ts'
import type { Json } from '../../src/call/json.ts'
import type { Usage } from '../../src/call/result.ts'
import type { Frame } from '../../src/dialects/dialect.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { checkEvents, collect, deepFreeze, readStream } from './laws.ts'

interface Chunk {
  readonly choices: readonly { index: number; delta: Record<string, Json>; finish_reason: string | null }[]
  readonly usage?: Json
  readonly [member: string]: unknown
}

const chunkHead = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
const anthropicCall: Call = { operation: 'chat', dialect: 'openai-chat', model: 'm', stream: true, turns: [] }
const start: Event = { type: 'start', id: 'msg_1', model: 'm' }

/** The events of frames: objects become chunks, strings travel as they are. */
function read(...data: (object | string)[]): Event[] {
  const reader = openaiChat.eventReader()
  const frames = data.map(value => ({
    data: typeof value === 'string' ? value : JSON.stringify({ ...chunkHead, ...value }),
  }))
  const events = [...frames.flatMap(frame => reader.push(frame)), ...reader.end()]
  checkEvents(events)
  return events
}

function delta(piece: object, finish_reason: string | null = null): object {
  return { choices: [{ index: 0, delta: piece, finish_reason }] }
}

const finish = (word: string): object => delta({}, word)
const answered = [delta({ role: 'assistant', content: 'x' }), finish('stop')]

function write(
  events: readonly Event[],
  call: Partial<Call> = {},
): { frames: Frame[]; chunks: Chunk[]; losses: string[] } {
  const writer = openaiChat.eventWriter({ ...anthropicCall, ...call })
  const frames = [...events.flatMap(event => writer.push(deepFreeze(event))), ...writer.end()]
  const chunks = frames.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as Chunk)
  return { frames, chunks, losses: writer.losses.map(loss => loss.path) }
}

function block(number: number, content: Block, ...deltas: object[]): Event[] {
  return [
    { type: 'block-open', output: 0, block: number, content },
    ...deltas.map(piece => ({ type: 'delta', output: 0, block: number, ...piece }) as Event),
    { type: 'block-close', output: 0, block: number },
  ]
}

const call = (id: string): Block => ({ type: 'tool-call', id, name: 'f', arguments: '' })
const finished = (reason: 'stop' | 'tool-calls'): Event => ({ type: 'finish', output: 0, finish: { reason } })
const saidHi: Event[] = [start, ...block(0, { type: 'text', text: '' }, { text: 'Hi' }), finished('stop')]
const pieces = (chunks: readonly Chunk[]): Json[] =>
  chunks.flatMap(chunk => chunk.choices.map(choice => choice.delta as Json))

test('A7: a client that asked for usage gets one last chunk without choices, then [DONE]', () => {
  const { frames, chunks } = write([...saidHi, { type: 'end', usage: { input: 3, output: 2 } }], { includeUsage: true })
  assert.equal(frames.at(-1)?.data, '[DONE]')
  assert.deepEqual(chunks.at(-1)?.choices, [])
  assert.equal((chunks.at(-1)?.usage as { total_tokens: number } | undefined)?.total_tokens, 5)
  assert.equal(chunks.filter(chunk => chunk.choices.length === 0).length, 1)
  assert.ok(chunks.slice(0, -1).every(chunk => chunk.usage === null))
})

test('A7: a client that did not ask gets no usage, and no chunk without choices', () => {
  const usage: Usage = { input: 3, output: 2 }
  const { frames, chunks } = write([...saidHi, { type: 'usage', usage }, { type: 'end', usage }])
  assert.equal(frames.at(-1)?.data, '[DONE]')
  assert.ok(chunks.every(chunk => chunk.choices.length === 1 && !('usage' in chunk)))
})

test('A8: usage in every chunk is cumulative, and null later changes nothing', () => {
  const report = (prompt_tokens: number, completion_tokens: number): object => ({
    ...delta({ content: 'x' }),
    usage: { prompt_tokens, completion_tokens },
  })
  const events = read(
    report(80, 1),
    report(80, 2),
    { ...finish('stop'), usage: { prompt_tokens: null, completion_tokens: 3 } },
    {
      choices: [],
      usage: null,
    },
    '[DONE]',
  )
  const { usage } = collect(events)
  assert.deepEqual([usage?.input, usage?.output], [80, 3])
})

test('A8: usage in the second to last chunk is found', () => {
  const events = read(
    ...answered,
    { choices: [], usage: { prompt_tokens: 4, completion_tokens: 1 } },
    delta({}),
    '[DONE]',
  )
  assert.equal(collect(events).usage?.input, 4)
})

test('A9: the first chunk of every output has the role, and is sent at once', () => {
  const first = write([start]).chunks
  assert.deepEqual(first[0]?.choices, [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }])
  const second: Event = { type: 'block-open', output: 1, block: 0, content: { type: 'text', text: 'x' } }
  const { chunks } = write([start, second])
  assert.deepEqual(
    chunks.flatMap(chunk => chunk.choices.map(choice => [choice.index, choice.delta.role])),
    [
      [0, 'assistant'],
      [1, 'assistant'],
      [1, undefined],
    ],
  )
})

for (const [title, frame, kind, status] of [
  ['an error object', { data: '{"error":{"message":"Overloaded","code":503}}' }, 'overloaded', 503],
  [
    'an error event',
    { event: 'error', data: '{"error":{"message":"no","type":"invalid_request_error"}}' },
    'invalid',
    400,
  ],
  ['an error string', { data: '{"error":"out of memory"}' }, 'upstream', 502],
  ['a rate limit word', { data: '{"error":{"message":"slow","type":"rate_limit_exceeded"}}' }, 'limited', 429],
  ['vLLM errors', { data: '{"object":"error","message":"bad","code":400}' }, 'invalid', 400],
  ['an unknown shape', { event: 'error', data: '{}' }, 'upstream', 502],
] as const) {
  test(`A11: ${title} as the first event is an error, not a start`, () => {
    const reader = openaiChat.eventReader()
    const events = reader.push(frame)
    assert.equal(events.length, 1)
    assert.ok(events[0]?.type === 'error')
    assert.equal(events[0].fault.kind, kind)
    assert.equal(events[0].fault.status, status)
    assert.ok(events[0].fault.message.length > 0)
    assert.deepEqual(reader.push({ data: '[DONE]' }), [])
    assert.deepEqual(reader.end(), [])
  })
}

test('A12: an error after text ends the client stream with an error object, no finish reason, no [DONE]', () => {
  const error: Event = { type: 'error', fault: { kind: 'overloaded', status: 529, message: 'Overloaded' } }
  const { frames, chunks } = write([...saidHi.slice(0, 3), error, finished('stop'), { type: 'end' }])
  assert.deepEqual(JSON.parse(frames.at(-1)?.data ?? ''), {
    error: { message: 'Overloaded', type: 'server_error', param: null, code: null },
  })
  assert.ok(chunks.slice(0, -1).every(chunk => chunk.choices[0]?.finish_reason === null))
})

test('A12: an error inside a running stream is an error event and the last one', () => {
  const events = read(
    delta({ content: 'x' }),
    { error: { message: 'gone', code: 502 } },
    delta({ content: 'y' }),
    '[DONE]',
  )
  assert.equal(events.at(-1)?.type, 'error')
  assert.equal(collect(events).outputs[0]?.finish.reason, 'other')
})

test('A13: a stream that breaks off is a network error, never an end', () => {
  for (const frames of [[], [delta({ content: 'x' })], [delta({ content: '' })], [{ choices: [] }]]) {
    const last = read(...frames).at(-1)
    assert.ok(last?.type === 'error')
    assert.equal(last.fault.kind, 'network')
  }
})

test('A13: an empty finish reason in every chunk ends nothing: the stream that closes behind one was cut', () => {
  const cut = read(delta({ content: 'x' }, ''), delta({ content: 'y' }, ''))
  assert.equal(cut.at(-1)?.type, 'error')
  const whole = read(delta({ content: 'x' }, ''), finish('stop'), delta({}, ''), '[DONE]')
  assert.deepEqual(whole.find(event => event.type === 'finish')?.finish, { reason: 'stop', raw: 'stop' })
})

test('A13: a stream that closes behind its finish reason, without [DONE], has ended', () => {
  assert.equal(read(...answered).at(-1)?.type, 'end')
  const second = { choices: [{ index: 1, delta: { content: 'y' }, finish_reason: null }] }
  assert.equal(read(answered[0] ?? {}, second, finish('stop')).at(-1)?.type, 'error')
})

test('A23: a malformed frame is one error event, kind upstream', () => {
  for (const data of [
    '{"choices":[',
    '"text"',
    '[]',
    'null',
    '{"choices":[7]}',
    '{"choices":[{"index":-1}]}',
    '{"choices":[{"index":1e9}]}',
  ]) {
    const last = read(delta({ content: 'x' }), data).at(-1)
    assert.ok(last?.type === 'error', data)
    assert.equal(last.fault.kind, 'upstream')
  }
})

test('B1: tool calls are numbered from 0 among themselves, id and name once each', () => {
  const events = [
    start,
    ...block(0, { type: 'text', text: '' }, { text: 'Let me look.' }),
    ...block(1, call('a'), { arguments: '{"x":' }, { arguments: '1}' }),
    ...block(2, call('b'), { arguments: '{}' }),
    ...block(3, call('c'), { arguments: '{"y":2}' }),
    finished('tool-calls'),
  ]
  const { chunks } = write(events)
  const calls = pieces(chunks).flatMap(piece => (piece as { tool_calls?: Item[] }).tool_calls ?? [])
  assert.deepEqual(
    calls.map(item => [item.index, item.id, item.function.name, item.function.arguments]),
    [
      ...[
        [0, 'a', 'f', ''],
        [0, undefined, undefined, '{"x":'],
        [0, undefined, undefined, '1}'],
      ],
      ...[
        [1, 'b', 'f', ''],
        [1, undefined, undefined, '{}'],
      ],
      ...[
        [2, 'c', 'f', ''],
        [2, undefined, undefined, '{"y":2}'],
      ],
    ],
  )
  assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'tool_calls')
})

interface Item {
  readonly index: number
  readonly id?: string
  readonly function: { readonly name?: string; readonly arguments: string }
}

const callPiece = (index: number, id: string | undefined, args: string): object =>
  delta({
    tool_calls: [
      { index, ...(id && { id, type: 'function' }), function: { ...(id && { name: 'f' }), arguments: args } },
    ],
  })

test('B2: interleaved argument pieces land in their own blocks, which stay open until the finish', () => {
  const events = read(
    delta({ content: 'Look:' }),
    callPiece(0, 'a', ''),
    callPiece(1, 'b', '{'),
    callPiece(0, undefined, '{"x"'),
    callPiece(1, undefined, '"y":2}'),
    callPiece(0, undefined, ':1}'),
    finish('tool_calls'),
    '[DONE]',
  )
  const blocks = collect(events).outputs[0]?.blocks
  assert.deepEqual(
    blocks?.map(item => (item.type === 'tool-call' ? [item.id, item.arguments] : item.type)),
    ['text', ['a', '{"x":1}'], ['b', '{"y":2}']],
  )
  const order = events.map(event => event.type)
  assert.equal(order.indexOf('finish') - order.lastIndexOf('block-close'), 1)
})

test('B3: a call without arguments streams one valid piece, read and written', () => {
  const events = read(callPiece(0, 'a', ''), finish('tool_calls'), '[DONE]')
  assert.deepEqual(
    events.filter(event => event.type === 'delta').map(event => event.arguments),
    ['{}'],
  )
  const { chunks } = write([start, ...block(0, call('a'))])
  const last = pieces(chunks).at(-1) as unknown as { tool_calls: Item[] } | undefined
  assert.equal(last?.tool_calls[0]?.function.arguments, '{}')
})

test('a call whose name comes later than its first arguments is opened complete', () => {
  const events = read(
    delta({ tool_calls: [{ index: 0, id: 'a', function: { arguments: '{"x"' } }] }),
    delta({ tool_calls: [{ index: 0, function: { name: 'f', arguments: ':1}' } }] }),
    finish('tool_calls'),
  )
  const [only] = collect(events).outputs[0]?.blocks ?? []
  assert.ok(only?.type === 'tool-call')
  assert.deepEqual([only.id, only.name, only.arguments], ['a', 'f', '{"x":1}'])
})

test('B4: text and a tool call finish as tool calls in a stream, also when the vendor says stop', () => {
  const events = read(delta({ content: 'x' }), callPiece(0, 'a', '{}'), finish('stop'))
  assert.deepEqual(collect(events).outputs[0]?.finish, { reason: 'tool-calls', raw: 'stop' })
})

test('B5: the token limit inside a streamed tool call stays length', () => {
  assert.equal(collect(read(callPiece(0, 'a', '{"x'), finish('length'))).outputs[0]?.finish.reason, 'length')
})

test('B7: a signed block streams as reasoning_content, and once more whole in reasoning_details', () => {
  const { chunks } = write([
    start,
    ...block(0, { type: 'reasoning', text: '' }, { text: 'Six ' }, { text: 'times.' }, { signature: 'c2ln' }),
    ...block(1, { type: 'reasoning', text: '', redacted: 'ZW5j' }),
    ...block(2, { type: 'reasoning', text: '' }, { text: 'plain' }),
  ])
  assert.deepEqual(pieces(chunks).slice(1), [
    { reasoning_content: 'Six ' },
    { reasoning_content: 'times.' },
    { reasoning_details: [{ type: 'reasoning.text', text: 'Six times.', signature: 'c2ln', index: 0 }] },
    { reasoning_details: [{ type: 'reasoning.encrypted', data: 'ZW5j', index: 1 }] },
    { reasoning_content: 'plain' },
  ])
})

test('B18: a streamed usage of another dialect adds up to a total', () => {
  const usage: Usage = { input: 159223, output: 10, cacheRead: 0, cacheWrite: 159217 }
  const { chunks } = write([{ ...start, usage: { ...usage, output: 1 } }, ...saidHi.slice(1), { type: 'end', usage }], {
    includeUsage: true,
  })
  assert.deepEqual(chunks.at(-1)?.usage, {
    prompt_tokens: 159223,
    completion_tokens: 10,
    total_tokens: 159233,
    prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 159217 },
    completion_tokens_details: { reasoning_tokens: 0 },
  })
})

test('a stream of this dialect, read and written, is the same answer to a client', () => {
  const details = [{ type: 'reasoning.text', text: 'hm', index: 0 }]
  const events = read(
    { ...delta({ role: 'assistant', content: '', reasoning_details: details }), system_fingerprint: 'fp' },
    delta({ content: 'x' }),
    {
      choices: [
        { index: 0, delta: { content: 'y', annotations: [1] }, logprobs: { content: [1] }, finish_reason: null },
      ],
    },
    callPiece(0, 'a', '{}'),
    { ...finish('tool_calls'), service_tier: 'flex' },
    { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, cost: 0.5 } },
    '[DONE]',
  )
  const { frames, losses } = write(events, { includeUsage: true })
  const reader = openaiChat.eventReader()
  const again = frames.flatMap(frame => reader.push(frame))
  checkEvents(again)
  assert.deepEqual(collect(again), collect(events))
  assert.deepEqual(losses, [])
})

test('a piece that only another dialect knows is one loss, however often it comes', () => {
  const extra = { anthropic: { citations: [1] } }
  const { losses } = write([start, ...block(0, { type: 'text', text: '' }, { extra }, { extra })])
  assert.deepEqual(losses, ['choices.0.message.citations'])
})

test('members that come too late for a client that wants no usage are losses', () => {
  const { losses } = write([...saidHi, { type: 'end', extra: { 'openai-chat': { service_tier: 'flex' } } }])
  assert.deepEqual(losses, ['service_tier'])
})

test('a ping and a foreign opaque block write nothing, the block is a loss', () => {
  const opaque: Block = { type: 'opaque', dialect: 'anthropic', value: {} }
  const { chunks, losses } = write([start, { type: 'ping' }, ...block(0, opaque, { text: 'x' })])
  assert.equal(chunks.length, 1)
  assert.deepEqual(losses, ['choices.0.message'])
})

test('B7: reading what was written for a client gives the signed block once', () => {
  const events = [
    start,
    ...block(0, { type: 'reasoning', text: '' }, { text: 'Six ' }, { text: 'times.' }, { signature: 'c2ln' }),
    ...block(1, { type: 'reasoning', text: '', redacted: 'ZW5j' }),
    ...block(2, { type: 'text', text: '' }, { text: '42' }),
    finished('stop'),
    { type: 'end' } as const,
  ]
  const reader = openaiChat.eventReader()
  const again = collect(write(events).frames.flatMap(frame => reader.push(frame))).outputs[0]?.blocks
  assert.deepEqual(
    again?.map(({ extra, ...content }) => content),
    collect(events).outputs[0]?.blocks,
  )
})

test('content that comes behind the finish reason is kept, a call of a tool included', () => {
  const said = (delta: object, reason: string | null): string =>
    `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`
  const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }
  const body = [said({ content: 'A' }, 'stop'), said({ content: 'B' }, null), said({ tool_calls: [call] }, null)]
  const events = readStream(openaiChat, `${body.join('')}data: [DONE]\n\n`)
  checkEvents(events)
  const [output] = collect(events).outputs
  assert.deepEqual(
    output?.blocks.map(block => (block.type === 'text' ? block.text : block.type)),
    ['AB', 'tool-call'],
  )
  assert.equal(output?.finish.reason, 'tool-calls')
})
