import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../../src/call/call.ts'
import type { Event } from '../../src/call/event.ts'
import type { Json } from '../../src/call/json.ts'
import type { Result } from '../../src/call/result.ts'
import { bedrock } from '../../src/dialects/bedrock/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { framesOf } from './bedrock-wire.ts'
import { checkEvents, collect, deepFreeze } from './laws.ts'

type Wire = Readonly<Record<string, Json>>

const CLIENT: Call = { operation: 'chat', dialect: '', model: '', stream: true, turns: [], includeUsage: true }
const START: Wire = { messageStart: { role: 'assistant' } }
const STOP: Wire = { messageStop: { stopReason: 'end_turn' } }

/** The events of these frames, ended or not. */
function read(wire: readonly Wire[], ended = true): readonly Event[] {
  const reader = bedrock.eventReader()
  const events = framesOf(wire).flatMap(frame => reader.push(Object.freeze(frame)))
  return deepFreeze(ended ? [...events, ...reader.end()] : events)
}

/** What the writer makes of events, by name. */
function write(events: readonly Event[]): { wire: Wire[]; losses: string[] } {
  const writer = bedrock.eventWriter(CLIENT)
  const frames = [...events.flatMap(event => writer.push(event)), ...writer.end()]
  const wire = frames.map(({ event = '', data }) => ({ [event]: JSON.parse(data) as Json }))
  return { wire, losses: writer.losses.map(({ path }) => path) }
}

function delta(contentBlockIndex: number, piece: Json): Wire {
  return { contentBlockDelta: { contentBlockIndex, delta: piece } }
}

test('usage comes behind the end: without it the answer is whole all the same', () => {
  const events = read([START, delta(0, { text: 'Hi' }), STOP])
  checkEvents(events)
  assert.equal(events.at(-1)?.type, 'end')
})

test('A13: a stream without messageStop was cut', () => {
  for (const wire of [[], [START], [START, delta(0, { text: 'Hi' })]]) {
    const last = read(wire).at(-1)
    assert.equal(last?.type === 'error' && last.fault.kind, 'network')
  }
})

test('A23: what is no event of Bedrock ends the stream as unread, what is new is passed over', () => {
  const broken: readonly Wire[][] = [
    [START, START],
    [delta(0, { text: 'Hi' })],
    [START, { contentBlockDelta: { delta: { text: 'Hi' } } }],
    [START, { contentBlockStart: { contentBlockIndex: 0 } }],
    [START, { messageStop: [] }],
  ]
  for (const wire of broken) {
    const last = read(wire, false).at(-1)
    assert.equal(last?.type === 'error' && last.unread, true, JSON.stringify(wire))
  }
  const reader = bedrock.eventReader()
  assert.equal(reader.push({ event: 'messageStart', data: '{' })[0]?.type, 'error')
  assert.deepEqual(reader.push({ event: 'messageStart', data: '{}' }), [])
  checkEvents(read([START, { tomorrow: { a: 1 } }, { contentBlockStop: { contentBlockIndex: 7 } }, STOP]))
})

test('exceptions say their kind by their names', () => {
  const kinds: readonly (readonly [string, string, number])[] = [
    ['throttlingException', 'limited', 429],
    ['validationException', 'invalid', 400],
    ['serviceUnavailableException', 'overloaded', 503],
    ['modelStreamErrorException', 'upstream', 424],
    ['internalServerException', 'upstream', 500],
    ['InternalFailureError', 'upstream', 500],
  ]
  for (const [name, kind, status] of kinds) {
    const last = read([START, { [name]: { message: 'No.' } }, STOP]).at(-1)
    assert.ok(last?.type === 'error', name)
    assert.deepEqual([last.fault.kind, last.fault.status, last.fault.message], [kind, status, 'No.'], name)
  }
})

test('pieces of text before and behind an empty block are one block each; nothing is opened for nothing', () => {
  const result = collect(
    read([
      START,
      delta(0, { text: '' }),
      { contentBlockStop: { contentBlockIndex: 0 } },
      delta(1, { reasoningContent: { text: 'Hm.' } }),
      delta(2, { text: 'Hi' }),
      STOP,
    ]),
  )
  assert.deepEqual(
    result.outputs[0]?.blocks.map(block => block.type),
    ['reasoning', 'text'],
  )
})

test('B2: interleaved blocks land each in its own, with stops before messageStop', () => {
  const call = (block: number, id: string): Event => ({
    type: 'block-open',
    output: 0,
    block,
    content: { type: 'tool-call', id, name: 'f', arguments: '' },
  })
  const piece = (block: number, text: string): Event => ({ type: 'delta', output: 0, block, arguments: text })
  const { wire } = write([
    { type: 'start', id: 'x', model: 'm' },
    call(0, 'a'),
    call(1, 'b'),
    piece(0, '{"n":'),
    piece(1, '{"n":'),
    piece(0, '1}'),
    piece(1, '2}'),
    { type: 'finish', output: 0, finish: { reason: 'tool-calls' } },
    { type: 'end', usage: { input: 3, output: 4 } },
  ])
  const names = wire.map(event => Object.keys(event)[0])
  assert.deepEqual(names.slice(-4), ['contentBlockStop', 'contentBlockStop', 'messageStop', 'metadata'])
  const { outputs, usage } = collect(read(wire))
  assert.deepEqual(
    outputs[0]?.blocks.map(block => block.type === 'tool-call' && block.arguments),
    ['{"n":1}', '{"n":2}'],
  )
  assert.deepEqual([usage?.input, usage?.output], [3, 4])
})

test('B3: a call without arguments has {} as its one piece', () => {
  const start = { contentBlockStart: { contentBlockIndex: 0, start: { toolUse: { toolUseId: 't', name: 'f' } } } }
  const events = read([START, start, { contentBlockStop: { contentBlockIndex: 0 } }, STOP])
  const deltas = events.flatMap(event => (event.type === 'delta' ? [event.arguments] : []))
  assert.deepEqual(deltas, ['{}'])
  assert.equal(write(events).wire.filter(event => 'contentBlockDelta' in event).length, 1)
})

test('B5: how an answer ends, both ways', () => {
  const table: readonly (readonly [string, Result['outputs'][number]['finish']['reason'], string])[] = [
    ['end_turn', 'stop', 'stop'],
    ['tool_use', 'tool-calls', 'tool_calls'],
    ['max_tokens', 'length', 'length'],
    ['model_context_window_exceeded', 'length', 'length'],
    ['stop_sequence', 'stop-sequence', 'stop'],
    ['guardrail_intervened', 'content-filter', 'content_filter'],
    ['content_filtered', 'content-filter', 'content_filter'],
    ['malformed_model_output', 'other', 'stop'],
  ]
  for (const [stopReason, reason, chat] of table) {
    const answer = { output: { message: { role: 'assistant', content: [] } }, stopReason, usage: {}, metrics: {} }
    const result = bedrock.readResponse(answer)
    assert.equal(result.outputs[0]?.finish.reason, reason)
    assert.equal(bedrock.writeResponse(result).body.stopReason, stopReason)
    const { choices } = openaiChat.writeResponse(result).body as { choices: { finish_reason: string }[] }
    assert.equal(choices[0]?.finish_reason, chat, stopReason)
  }
})

test('what an answer of others says that Converse cannot is a loss, told once', () => {
  const { losses } = write([
    { type: 'start', id: 'x', model: 'm', extra: { 'openai-chat': { system_fingerprint: 'fp' } } },
    { type: 'block-open', output: 1, block: 0, content: { type: 'text', text: '' } },
    { type: 'block-open', output: 0, block: 0, content: { type: 'opaque', dialect: 'anthropic', value: {} } },
    { type: 'block-open', output: 0, block: 1, content: { type: 'text', text: '' } },
    { type: 'delta', output: 0, block: 1, extra: { 'openai-chat': { logprobs: [1] } } },
    { type: 'delta', output: 0, block: 1, extra: { 'openai-chat': { logprobs: [2] } } },
    { type: 'finish', output: 0, finish: { reason: 'stop-sequence', sequence: 'END' } },
    { type: 'end', usage: { input: 1, output: 9, reasoning: 8 } },
  ])
  assert.deepEqual(losses, [
    'system_fingerprint',
    'outputs.1',
    'outputs.0',
    'outputs.0.logprobs',
    'stop_sequence',
    'usage.reasoning_tokens',
  ])
})

test('an error is an exception that streams of Bedrock may hold, and nothing follows it', () => {
  const { wire } = write([
    { type: 'start', id: 'x', model: 'm' },
    { type: 'error', fault: { kind: 'timeout', status: 504, message: 'Too late.', code: 'SLUICE_UPSTREAM_TIMEOUT' } },
    { type: 'end' },
  ])
  assert.deepEqual(wire.at(-1), { modelStreamErrorException: { message: 'Too late. (SLUICE_UPSTREAM_TIMEOUT)' } })
})
