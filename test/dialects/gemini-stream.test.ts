import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../src/call/event.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { checkEvents, collect, readStream } from './laws.ts'

function chunk(candidate: object, more: object = {}): string {
  return `data: ${JSON.stringify({ candidates: [candidate], responseId: 'r', ...more })}\r\n\r\n`
}

function said(text: string, more: object = {}): string {
  return chunk({ content: { parts: [{ text }], role: 'model' }, ...more })
}

function last(events: readonly Event[]): Event | undefined {
  return events.at(-1)
}

test('a stream that ends without a reason was cut, and its bytes end in an error', () => {
  const error = last(readStream(gemini, said('Hel')))
  assert.equal(error?.type === 'error' && error.fault.kind, 'network')
  assert.equal(error?.type === 'error' && error.unread, undefined)
})

test('a stream of several candidates ends when all of them have', () => {
  const two = [said('A', { index: 0, finishReason: 'STOP' }), said('B', { index: 1 })]
  assert.equal(last(readStream(gemini, two.join('')))?.type, 'error')
  const ended = [...two, said('C', { index: 1, finishReason: 'MAX_TOKENS' })]
  const { outputs } = collect(readStream(gemini, ended.join('')))
  assert.deepEqual(
    outputs.map(({ finish }) => finish.reason),
    ['stop', 'length'],
  )
})

test('content that comes behind the reason why an answer ends is kept', () => {
  const part = { functionCall: { name: 'look', args: { at: 1 } } }
  const late = [said('A', { finishReason: 'STOP' }), said('B'), chunk({ content: { parts: [part], role: 'model' } })]
  const events = readStream(gemini, late.join(''))
  checkEvents(events)
  const [output] = collect(events).outputs
  assert.deepEqual(
    output?.blocks.map(block => (block.type === 'text' ? block.text : block.type)),
    ['AB', 'tool-call'],
  )
  assert.equal(output?.finish.reason, 'tool-calls')
})

test('an error inside of a stream has the kind of its words', () => {
  const error = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }
  const event = last(readStream(gemini, `${said('Hel')}data: ${JSON.stringify({ error })}\n\n`))
  assert.equal(event?.type === 'error' && event.fault.kind, 'overloaded')
  assert.equal(event?.type === 'error' && event.fault.message, 'The model is overloaded.')
})

for (const [what, body] of [
  ['is not JSON', 'data: {"candidates"\n\n'],
  ['is a list', 'data: []\n\n'],
  ['has a candidate that is a number', 'data: {"candidates":[7]}\n\n'],
  ['has an index beyond all candidates', chunk({ index: 1e9 })],
  ['calls a function without a name', chunk({ content: { parts: [{ functionCall: {} }] } })],
] as const) {
  test(`an event that ${what} is one that we cannot read, and no throw`, () => {
    const event = last(readStream(gemini, body))
    assert.equal(event?.type === 'error' && event.unread, true)
  })
}

test('A25: a signature of 2 MB is carried whole', () => {
  const thoughtSignature = 'c2ln'.repeat(512 * 1024)
  const part = { functionCall: { name: 'look', args: {} }, thoughtSignature }
  const events = readStream(gemini, chunk({ content: { parts: [part], role: 'model' }, finishReason: 'STOP' }))
  const [block] = collect(events).outputs[0]?.blocks ?? []
  assert.equal(block?.extra?.gemini?.thoughtSignature, thoughtSignature)
  const writer = gemini.eventWriter({} as never)
  const sent = events.flatMap(event => writer.push(event)).map(({ data }) => data)
  assert.ok(sent.some(data => data.includes(thoughtSignature)))
})

test('a picture comes as a block of its own between two texts', () => {
  const picture = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }
  const parts = [{ text: 'Look:' }, picture, { text: 'Nice?' }]
  const { outputs } = collect(readStream(gemini, chunk({ content: { parts, role: 'model' }, finishReason: 'STOP' })))
  assert.deepEqual(
    outputs[0]?.blocks.map(({ type }) => type),
    ['text', 'image', 'text'],
  )
})

test('usage is told in the last chunk, where clients look for it', () => {
  const writer = gemini.eventWriter({} as never)
  const events: Event[] = [
    { type: 'start', id: 'i', model: 'm' },
    { type: 'block-open', output: 0, block: 0, content: { type: 'text', text: '' } },
    { type: 'delta', output: 0, block: 0, text: 'Hi' },
    { type: 'block-close', output: 0, block: 0 },
    { type: 'finish', output: 0, finish: { reason: 'stop' } },
    { type: 'end', usage: { input: 3, output: 2 } },
  ]
  const chunks = events.flatMap(event => writer.push(event)).map(({ data }) => JSON.parse(data))
  assert.deepEqual(chunks, [
    {
      candidates: [{ content: { parts: [{ text: 'Hi' }], role: 'model' }, index: 0 }],
      modelVersion: 'm',
      responseId: 'i',
    },
    {
      candidates: [{ content: { parts: [], role: 'model' }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
      modelVersion: 'm',
      responseId: 'i',
    },
  ])
  assert.deepEqual(writer.push({ type: 'ping' }), [])
})

test('calls of answers that name themselves by no id have different ids in every answer, and the same in the same one', () => {
  const part = { functionCall: { name: 'poll', args: {} } }
  const turn = (promptTokenCount: number): readonly string[] => {
    const answer = {
      candidates: [{ content: { parts: [part, part], role: 'model' }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount },
    }
    const whole = gemini.readResponse(answer)
    const streamed = collect(readStream(gemini, `data: ${JSON.stringify(answer)}\n\n`))
    return [whole, streamed].flatMap(({ outputs }) =>
      (outputs[0]?.blocks ?? []).map(block => (block.type === 'tool-call' ? block.id : '')),
    )
  }
  const [first, second] = [turn(10), turn(20)]
  assert.deepEqual(first.slice(0, 2), first.slice(2))
  assert.equal(new Set([...first, ...second]).size, 4)
  for (const id of first) assert.match(id, /^call_\w{1,35}$/)
  assert.deepEqual(turn(10), first)
})

test('an empty id of a call is none', () => {
  const part = { functionCall: { id: '', name: 'poll', args: {} } }
  const answer = { candidates: [{ content: { parts: [part], role: 'model' } }], responseId: 'r' }
  const result = gemini.readResponse(answer)
  const [block] = result.outputs[0]?.blocks ?? []
  assert.equal(block?.type === 'tool-call' && block.id, 'call_r_0')
  assert.match(JSON.stringify(gemini.writeResponse(result).body), /"functionCall":\{"id":""/)
})
