import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { testLaws } from './laws.ts'

const root = join(import.meta.dirname, '../fixtures/openai-responses')

function load<T>(folder: string, suffix: string, read: (name: string, text: string) => T): T[] {
  return readdirSync(join(root, folder))
    .filter(file => file.endsWith(suffix))
    .map(file => read(file.slice(0, -suffix.length), readFileSync(join(root, folder, file), 'utf8')))
}

testLaws(openaiResponses, {
  requests: load('requests', '.json', (name, text) => ({ name, json: JSON.parse(text) as JsonObject })),
  responses: load('responses', '.json', (name, text) => ({ name, json: JSON.parse(text) as Json })),
  streams: load('streams', '.sse', (name, body) => {
    const response = JSON.parse(readFileSync(join(root, 'streams', `${name}.json`), 'utf8')) as Json
    return { name, body, response }
  }),
})

const REFUSED = {
  id: 'resp_1',
  model: 'm',
  status: 'completed',
  output: [{ id: 'msg_1', type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] }],
}

test('a refusal is one in the report of an answer that is passed on', () => {
  assert.equal(openaiResponses.readReport(REFUSED).finish, 'refusal')
})

test('a refusal is one in a stream of whole items, and in one that tells all at its end', () => {
  const begun = { type: 'response.created', response: { ...REFUSED, status: 'in_progress', output: [] } }
  const item = { type: 'response.output_item.done', output_index: 0, item: REFUSED.output[0] }
  for (const between of [[item], []]) {
    const reader = openaiResponses.eventReader()
    const frames = [begun, ...between, { type: 'response.completed', response: REFUSED }]
    const events = frames.flatMap(frame => reader.push({ event: frame.type, data: JSON.stringify(frame) }))
    const finish = events.find(event => event.type === 'finish')
    assert.equal(finish?.finish.reason, 'refusal')
  }
})
