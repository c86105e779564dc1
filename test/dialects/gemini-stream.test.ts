import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../src/call/event.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { collect, readStream } from './laws.ts'

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
