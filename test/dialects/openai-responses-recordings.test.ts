import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Block } from '../../src/call/block.ts'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { checkCollected, checkRequest, checkResponse, checkSplits, collect, readStream } from './laws.ts'

interface Recording {
  readonly id: string
  readonly stream: boolean
  readonly request: { readonly body: JsonObject | null }
  readonly response: { readonly status: number; readonly body: string }
}

const folder = process.env.RECORDINGS

if (folder === undefined) test('openai-responses keeps its laws on recordings', { skip: 'RECORDINGS is not set' })
else {
  const files = readdirSync(folder).filter(file => /^(openai|xai)-responses-/.test(file))
  test('there are recordings of both vendors', () => assert.ok(files.length > 20))
  for (const file of files) contract(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recording)
}

function contract({ id, request, response, stream }: Recording): void {
  const { body } = request
  if (body !== null) test(`${id}: the request comes back as it was`, () => checkRequest(openaiResponses, body))
  if (response.status >= 400) test(`${id}: the error is understood`, () => checkError(response))
  else if (stream) test(`${id}: the stream is understood`, () => checkStream(response.body))
  else test(`${id}: the answer comes back as it was`, () => checkResponse(openaiResponses, JSON.parse(response.body)))
}

function checkError({ status, body }: Recording['response']): void {
  const json = JSON.parse(body)
  const fault = openaiResponses.readError(status, json)
  assert.equal(fault.status, status)
  const written = openaiResponses.writeError(fault)
  if (status === 401) assert.ok(!JSON.stringify(written).includes('provided'))
  else assert.deepEqual(written, { status, body: json })
}

function checkStream(body: string): void {
  checkSplits(openaiResponses, body)
  const events = readStream(openaiResponses, body)
  const told = body
    .split('\n')
    .filter(line => line.startsWith('data: {'))
    .map(line => JSON.parse(line.slice('data: '.length)) as { type: string; response: Json })
  const whole = told.findLast(({ type }) => type === 'response.completed' || type === 'response.incomplete')
  if (whole === undefined) {
    assert.equal(events.at(-1)?.type, 'error')
    return
  }
  checkCollected(openaiResponses, tidy(body), tidy(whole.response))
  checkRewritten(events, whole.response as JsonObject)
}

/** Reasoning is encrypted anew at every mention. */
function tidy<T extends Json>(value: T): T {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const same = text.replace(/"encrypted_content":"[^"]+"/g, '"encrypted_content":"encrypted"')
  return (typeof value === 'string' ? same : JSON.parse(same)) as T
}

/** What is written of the events says in its last event what the vendor's says. */
function checkRewritten(events: ReturnType<typeof readStream>, response: JsonObject): void {
  const writer = openaiResponses.eventWriter(openaiResponses.readRequest({ json: { model: 'm', input: 'x' } }))
  const frames = events.flatMap(event => writer.push(event))
  const said = frames.map(({ data }) => JSON.parse(data) as JsonObject)
  assert.deepEqual(
    said.map(({ sequence_number: number }) => number),
    said.map((_, index) => index),
  )
  const last = said.at(-1)?.response as JsonObject
  assert.deepEqual(
    text(openaiResponses.readResponse(last as Json).outputs[0]?.blocks),
    text(collect(events).outputs[0]?.blocks),
  )
  assert.equal(last.status, response.status)
  assert.deepEqual(last.usage, response.usage)
  assert.deepEqual(writer.losses, [])
}

function text(blocks: readonly Block[] = []): string[] {
  return blocks.map(block => ('text' in block ? block.text : 'arguments' in block ? block.arguments : block.type))
}
