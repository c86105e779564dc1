import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Call } from '../../src/call/call.ts'
import type { Event } from '../../src/call/event.ts'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import type { Dialect, Frame } from '../../src/dialects/dialect.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { accumulate, framesOf } from './anthropic-accumulate.ts'
import { checkEvents, collect, deepFreeze } from './laws.ts'

const START = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 5, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
  },
}
const OPEN_TEXT = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
const HELLO = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } }
const CLOSE = { type: 'content_block_stop', index: 0 }
const FINISH = {
  type: 'message_delta',
  delta: { stop_reason: 'end_turn', stop_sequence: null },
  usage: { output_tokens: 9 },
}
const STOP = { type: 'message_stop' }
const ERROR = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }

/** The events for frames that hold these objects, or this text, then the end of the bytes. */
function read(dialect: Dialect, datas: readonly (JsonObject | string)[]): Event[] {
  const reader = dialect.eventReader()
  const frames = datas.map(data => ({ data: typeof data === 'string' ? data : JSON.stringify(data) }))
  return deepFreeze([...frames.flatMap(frame => reader.push(deepFreeze(frame))), ...reader.end()])
}

function write(events: readonly Event[]): { frames: Frame[]; losses: readonly { path: string }[] } {
  const writer = anthropic.eventWriter({} as Call)
  const frames = [...events.flatMap(event => writer.push(event)), ...writer.end()]
  return { frames, losses: writer.losses }
}

function types(events: readonly Event[]): string[] {
  return events.map(event => event.type)
}

/** A member of the only event of that type. */
function memberOf(frames: readonly Frame[], type: string, member: string): JsonObject {
  const data = datas(frames).find(candidate => candidate.type === type)
  assert.ok(data, `there is a ${type}`)
  return data[member] as JsonObject
}

function datas(frames: readonly Frame[]): Record<string, Json>[] {
  return frames.map(frame => JSON.parse(frame.data))
}

function chunk(delta: JsonObject, finish: string | null = null): JsonObject {
  const choice = { index: 0, delta, finish_reason: finish } as Json
  return { id: 'c-1', object: 'chat.completion.chunk', created: 1, model: 'gpt', choices: [choice] }
}

function callChunk(index: number, text: string, id?: string): JsonObject {
  const named = id === undefined ? {} : { id, type: 'function' }
  const inner = id === undefined ? { arguments: text } : { name: `f_${id}`, arguments: text }
  return chunk({ tool_calls: [{ index, ...named, function: inner }] })
}

test('A11: an error as the first event is an overloaded fault, and nothing else', () => {
  const events = read(anthropic, [ERROR, START, STOP])
  assert.deepEqual(types(events), ['error'])
  const fault = events[0]?.type === 'error' ? events[0].fault : undefined
  assert.equal(fault?.kind, 'overloaded')
  assert.equal(fault?.status, 529)
  assert.equal(fault?.message, 'Overloaded')
})

test('A11: an error that is marked by its event name only is an error too', () => {
  const reader = anthropic.eventReader()
  assert.deepEqual(types(reader.push({ event: 'error', data: '{"message":"broken"}' })), ['error'])
})

test('A12: an error after text reaches an Anthropic client as event: error, and nothing follows', () => {
  const { frames } = write([...read(anthropic, [START, OPEN_TEXT, HELLO, ERROR]), { type: 'end' }, { type: 'ping' }])
  assert.deepEqual(
    frames.map(frame => frame.event),
    ['message_start', 'content_block_start', 'content_block_delta', 'error'],
  )
  assert.deepEqual(datas(frames).at(-1), ERROR)
})

test('A12: an error of another dialect becomes event: error with the word for its kind', () => {
  const [frame] = anthropic.writeErrorFrames({ kind: 'limited', status: 429, message: 'Slow down', code: 'SLUICE_X' })
  assert.equal(frame?.event, 'error')
  const data = JSON.parse(frame?.data ?? '')
  assert.equal(data.type, 'error')
  assert.deepEqual(data.error, { type: 'rate_limit_error', message: 'Slow down', code: 'SLUICE_X' })
})

for (const cut of [[], [START], [START, OPEN_TEXT, HELLO], [START, OPEN_TEXT, HELLO, CLOSE, FINISH]]) {
  test(`A13: a stream cut after ${cut.length} events ends with a network error, never cleanly`, () => {
    const events = read(anthropic, cut)
    checkEvents(events)
    const last = events.at(-1)
    assert.equal(last?.type === 'error' && last.fault.kind, 'network')
    const { frames } = write(events)
    assert.equal(frames.at(-1)?.event, 'error')
  })
}

test('A13: a stream that ended leaves nothing to say', () => {
  const events = read(anthropic, [START, OPEN_TEXT, HELLO, CLOSE, FINISH, STOP, HELLO])
  assert.equal(types(events).at(-1), 'end')
})

test('A17: pings of the vendor are passed on between message_start and message_stop only', () => {
  const ping: Event = { type: 'ping' }
  const events = read(anthropic, [START, { type: 'ping' }, OPEN_TEXT, { type: 'ping' }, HELLO, CLOSE, FINISH, STOP])
  assert.equal(types(events).filter(type => type === 'ping').length, 2)
  const { frames } = write([ping, ...events, ping])
  const named = frames.map(frame => frame.event)
  assert.equal(named[0], 'message_start')
  assert.equal(named.at(-1), 'message_stop')
  assert.deepEqual(
    frames.filter(frame => frame.event === 'ping'),
    [
      { event: 'ping', data: '{"type":"ping"}' },
      { event: 'ping', data: '{"type":"ping"}' },
    ],
  )
})

const GARBAGE: readonly (JsonObject | string)[] = [
  '{"type":',
  'null',
  '[]',
  '5',
  { type: 'content_block_delta' },
  { type: 'content_block_delta', index: 7, delta: { type: 'text_delta', text: 'x' } },
  { type: 'content_block_delta', index: 0, delta: null },
  { type: 'content_block_start', index: 'x', content_block: { type: 'text', text: '' } },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: 5 } },
  { type: 'content_block_start', index: 1 },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'message_start', message: null },
]
for (const garbage of GARBAGE) {
  const shown = typeof garbage === 'string' ? garbage : JSON.stringify(garbage)
  test(`A23: ${shown} in the middle is one error of kind upstream, and nothing follows`, () => {
    const events = read(anthropic, [START, OPEN_TEXT, HELLO, garbage, HELLO, CLOSE, FINISH, STOP])
    checkEvents(events)
    assert.deepEqual(types(events), ['start', 'block-open', 'delta', 'error'])
    const last = events.at(-1)
    assert.equal(last?.type === 'error' && last.fault.kind, 'upstream')
  })
}

const ODD: readonly JsonObject[] = [
  { type: 'event_of_tomorrow', index: 0 },
  { type: 'content_block_stop', index: 9 },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 5 } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta' } },
  { type: 'content_block_delta', index: 0, delta: {} },
  { type: 'message_delta' },
  { type: 'message_delta', delta: null, usage: { output_tokens: 'many', input_tokens: null } },
]
for (const odd of ODD) {
  test(`A23: ${JSON.stringify(odd)} does no harm, the good events arrive`, () => {
    const events = read(anthropic, [START, OPEN_TEXT, HELLO, odd, CLOSE, FINISH, STOP])
    checkEvents(events)
    const result = collect(events)
    assert.deepEqual(result.outputs[0]?.finish, { reason: 'stop', raw: 'end_turn' })
    assert.equal(accumulate(write(events).frames).stop_reason, 'end_turn')
  })
}

/** Copies of a value with one part of it, at any depth, replaced by another kind of thing. */
function* broken(value: Json): Generator<Json> {
  yield* [null, 5, 'x', [], {}]
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    for (const other of broken(inner)) {
      yield Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other }
    }
  }
}

test('A23: whatever member of whatever event is of the wrong kind, nothing throws and the events are well-formed', () => {
  const body = readFileSync(join(import.meta.dirname, '../fixtures/anthropic/streams/everything.sse'), 'utf8')
  const stream = framesOf(body).map(frame => JSON.parse(frame.data) as JsonObject)
  let tried = 0
  stream.forEach((event, index) => {
    for (const wrong of broken(event as Json)) {
      const events = read(anthropic, [...stream.slice(0, index), JSON.stringify(wrong), ...stream.slice(index + 1)])
      checkEvents(events)
      collect(events)
      write(events)
      tried += 1
    }
  })
  assert.ok(tried > 1000, `${tried} variants`)
})

test('content before message_start is an error', () => {
  assert.deepEqual(types(read(anthropic, [OPEN_TEXT])), ['error'])
})

test('a stream without a stop_reason still closes its blocks and finishes', () => {
  const events = read(anthropic, [START, OPEN_TEXT, HELLO, STOP])
  checkEvents(events)
  assert.deepEqual(types(events).slice(-3), ['block-close', 'finish', 'end'])
})

test('B2: interleaved arguments of two calls land in blocks of their own, stopped before message_delta', () => {
  const events = read(openaiChat, [
    chunk({ role: 'assistant', content: 'Both.' }),
    callChunk(0, '', 'a'),
    callChunk(1, '', 'b'),
    callChunk(0, '{"x":'),
    callChunk(1, '{"y":'),
    callChunk(0, '1}'),
    callChunk(1, '2}'),
    chunk({}, 'tool_calls'),
    '[DONE]',
  ])
  const { frames } = write(events)
  const message = accumulate(frames)
  assert.deepEqual(message.content, [
    { type: 'text', text: 'Both.' },
    { type: 'tool_use', id: 'a', name: 'f_a', input: { x: 1 } },
    { type: 'tool_use', id: 'b', name: 'f_b', input: { y: 2 } },
  ])
  assert.equal(message.stop_reason, 'tool_use')
})

test('B4: a stream of text and a tool call stops with tool_use', () => {
  const use = { type: 'tool_use', id: 'a', name: 'f', input: {} }
  const events = read(anthropic, [
    START,
    OPEN_TEXT,
    HELLO,
    CLOSE,
    { type: 'content_block_start', index: 1, content_block: use },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"x":1}' } },
    { type: 'content_block_stop', index: 1 },
    { ...FINISH, delta: { stop_reason: 'tool_use', stop_sequence: null } },
    STOP,
  ])
  assert.deepEqual(collect(events).outputs[0]?.finish, { reason: 'tool-calls', raw: 'tool_use' })
  assert.equal(accumulate(write(events).frames).stop_reason, 'tool_use')
})

function callStream(input: JsonObject, pieces: readonly string[]): Event[] {
  const deltas = pieces.map(partial_json => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'input_json_delta', partial_json },
  }))
  const content_block = { type: 'tool_use', id: 'a', name: 'f', input } as Json
  return read(anthropic, [
    START,
    { type: 'content_block_start', index: 0, content_block },
    ...deltas,
    CLOSE,
    { ...FINISH, delta: { stop_reason: 'tool_use', stop_sequence: null } },
    STOP,
  ])
}

function argumentsOf(events: readonly Event[]): string[] {
  return events
    .map(event => (event.type === 'delta' ? event.arguments : undefined))
    .filter(piece => piece !== undefined)
}

test('B3: a streamed call without arguments gets exactly one piece, {}', () => {
  assert.deepEqual(argumentsOf(callStream({}, [])), ['{}'])
  assert.deepEqual(argumentsOf(callStream({}, [''])), ['{}'])
})

test('B3: arguments that came with the start are sent; pieces win over them', () => {
  assert.deepEqual(argumentsOf(callStream({ x: 1 }, [])), ['{"x":1}'])
  assert.deepEqual(argumentsOf(callStream({}, ['', '{"x"', ':1}'])), ['{"x"', ':1}'])
})

test('B3: an Anthropic client gets {} for a call whose arguments never came', () => {
  const call = { type: 'tool-call' as const, id: 'a', name: 'f', arguments: '' }
  const at = { output: 0, block: 0 }
  const { frames } = write([
    { type: 'start', id: 'i', model: 'm' },
    { type: 'block-open', ...at, content: call },
    { type: 'block-close', ...at },
    { type: 'finish', output: 0, finish: { reason: 'tool-calls' } },
    { type: 'end' },
  ])
  const deltas = datas(frames).filter(data => data.type === 'content_block_delta')
  assert.deepEqual(deltas, [
    { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{}' } },
  ])
})

test('B5: a call that max_tokens cut keeps its reason', () => {
  const events = read(openaiChat, [callChunk(0, '{"x":', 'a'), chunk({}, 'length'), '[DONE]'])
  assert.equal(memberOf(write(events).frames, 'message_delta', 'delta').stop_reason, 'max_tokens')
})

test('B6: streamed signatures, also of empty thinking, come back unchanged and in order', () => {
  const thinking = { type: 'thinking', thinking: '', signature: '' }
  const signature = (index: number, text: string): JsonObject => ({
    type: 'content_block_delta',
    index,
    delta: { type: 'signature_delta', signature: text },
  })
  const events = read(anthropic, [
    START,
    { type: 'content_block_start', index: 0, content_block: thinking },
    signature(0, 'RXJNQ+/='),
    CLOSE,
    { type: 'content_block_start', index: 1, content_block: { type: 'redacted_thinking', data: 'eA==' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'content_block_start', index: 2, content_block: thinking },
    { type: 'content_block_delta', index: 2, delta: { type: 'thinking_delta', thinking: 'Hm.' } },
    signature(2, 'c2lnLTI='),
    { type: 'content_block_stop', index: 2 },
    FINISH,
    STOP,
  ])
  const { frames, losses } = write(events)
  assert.deepEqual(accumulate(frames).content, [
    { type: 'thinking', thinking: '', signature: 'RXJNQ+/=' },
    { type: 'redacted_thinking', data: 'eA==' },
    { type: 'thinking', thinking: 'Hm.', signature: 'c2lnLTI=' },
  ])
  assert.deepEqual(losses, [])
})

test('B14: a text block that stays empty is never started, and indexes stay consecutive', () => {
  const events: Event[] = [
    { type: 'start', id: 'i', model: 'm' },
    { type: 'block-open', output: 0, block: 0, content: { type: 'text', text: '' } },
    { type: 'delta', output: 0, block: 0, text: '' },
    { type: 'block-close', output: 0, block: 0 },
    { type: 'block-open', output: 0, block: 1, content: { type: 'text', text: '' } },
    { type: 'delta', output: 0, block: 1, text: 'Yes' },
    { type: 'finish', output: 0, finish: { reason: 'stop' } },
    { type: 'end' },
  ]
  assert.deepEqual(accumulate(write(events).frames).content, [{ type: 'text', text: 'Yes' }])
})

test('B19: in a stream, cached tokens of OpenAI are told apart at its end', () => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    prompt_tokens_details: { cached_tokens: 64 },
  }
  const events = read(openaiChat, [chunk({ content: 'Hi' }), { ...chunk({}, 'stop'), usage }, '[DONE]'])
  assert.deepEqual(accumulate(write(events).frames).usage, {
    input_tokens: 36,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 64,
    output_tokens: 20,
  })
})

test('B33: message_start always has all four counts, message_delta the final output', () => {
  const sources: Event[][] = [
    read(anthropic, [
      { ...START, message: { ...START.message, usage: { input_tokens: 5, output_tokens: 1 } } },
      OPEN_TEXT,
      HELLO,
      CLOSE,
      FINISH,
      STOP,
    ]),
    read(anthropic, [
      { type: 'message_start', message: { id: 'i', model: 'm' } },
      OPEN_TEXT,
      HELLO,
      CLOSE,
      FINISH,
      STOP,
    ]),
    read(openaiChat, [chunk({ content: 'Hi' }), chunk({}, 'stop'), '[DONE]']),
  ]
  for (const events of sources) {
    const { frames } = write(events)
    const { usage } = memberOf(frames, 'message_start', 'message') as { usage: JsonObject }
    const names = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens']
    for (const name of names) assert.equal(typeof usage[name], 'number', name)
    assert.equal(typeof memberOf(frames, 'message_delta', 'usage').output_tokens, 'number')
  }
  assert.equal(memberOf(write(sources[0] ?? []).frames, 'message_delta', 'usage').output_tokens, 9)
})

test('B33: server tool blocks keep consecutive indexes, and their input is streamed', () => {
  const events = read(anthropic, [
    START,
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'server_tool_use', id: 's', name: 'w', input: {} },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"query":' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '"a"}' } },
    CLOSE,
    { type: 'content_block_start', index: 1, content_block: { type: 'web_search_tool_result', content: [] } },
    { type: 'content_block_stop', index: 1 },
    { ...OPEN_TEXT, index: 2 },
    { ...HELLO, index: 2 },
    { type: 'content_block_stop', index: 2 },
    FINISH,
    STOP,
  ])
  checkEvents(events)
  const { frames, losses } = write(events)
  assert.deepEqual(accumulate(frames).content, [
    { type: 'server_tool_use', id: 's', name: 'w', input: { query: 'a' } },
    { type: 'web_search_tool_result', content: [] },
    { type: 'text', text: 'Hello' },
  ])
  const start = datas(frames).find(data => data.type === 'content_block_start')
  assert.deepEqual(start?.content_block, { type: 'server_tool_use', id: 's', name: 'w', input: {} })
  assert.deepEqual(losses, [])
})

test('blocks that Anthropic compacts or invents grow by deltas of any kind', () => {
  const events = read(anthropic, [
    START,
    { type: 'content_block_start', index: 0, content_block: { type: 'compaction', content: null } },
    { type: 'content_block_delta', index: 0, delta: { type: 'compaction_delta', content: 'So ' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'compaction_delta', content: 'far' } },
    CLOSE,
    FINISH,
    STOP,
  ])
  assert.deepEqual(accumulate(write(events).frames).content, [{ type: 'compaction', content: 'So far' }])
})

test('deltas of an unknown type on a known block are written again, and a loss to others', () => {
  const delta = { type: 'colour_delta', colour: 'red' }
  const piece = { type: 'content_block_delta', index: 0, delta }
  const events = read(anthropic, [START, OPEN_TEXT, HELLO, piece, CLOSE, FINISH, STOP])
  assert.deepEqual(datas(write(events).frames)[3], piece)
  const writer = openaiChat.eventWriter({} as Call)
  for (const event of events) writer.push(event)
  assert.ok(writer.losses.some(loss => loss.path.endsWith('colour_delta')))
})

test('members of other dialects, further answers and foreign blocks are losses, each told once', () => {
  const extra = { 'openai-chat': { logprobs: { content: [1] } } }
  const { frames, losses } = write([
    { type: 'start', id: 'i', model: 'm', extra: { 'openai-chat': { system_fingerprint: 'fp' } } },
    { type: 'block-open', output: 0, block: 0, content: { type: 'text', text: '', at: 'text' } },
    { type: 'delta', output: 0, block: 0, text: 'a', extra },
    { type: 'delta', output: 0, block: 0, text: 'b', extra },
    { type: 'block-open', output: 1, block: 0, content: { type: 'text', text: '' } },
    { type: 'delta', output: 1, block: 0, text: 'c' },
    { type: 'block-close', output: 1, block: 0 },
    { type: 'block-open', output: 0, block: 1, content: { type: 'opaque', dialect: 'x', value: {}, at: 'opaque' } },
    { type: 'block-close', output: 0, block: 1 },
    { type: 'finish', output: 1, finish: { reason: 'length' } },
    { type: 'finish', output: 0, finish: { reason: 'stop' }, extra: { 'openai-chat': { note: 'n' } } },
    { type: 'end' },
  ])
  const message = accumulate(frames)
  assert.deepEqual(message.content, [{ type: 'text', text: 'ab' }])
  assert.equal(message.stop_reason, 'end_turn')
  assert.deepEqual(
    losses.map(loss => loss.path),
    ['system_fingerprint', 'text.logprobs', 'outputs.1', 'opaque', 'outputs.0.note'],
  )
})
