import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Call } from '../../src/call/call.ts'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { replay } from '../../src/call/replay.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { accumulate, framesOf } from './anthropic-accumulate.ts'
import { checkRequest, checkResponse, checkSplits, checkUsage, collect, readStream } from './laws.ts'

interface Recording {
  readonly id: string
  readonly stream: boolean
  readonly request: { readonly body: JsonObject | null }
  readonly response: { readonly status: number; readonly body: string }
}

const folder = process.env.RECORDINGS

if (folder === undefined) test('anthropic keeps its laws on recorded traffic', { skip: 'RECORDINGS is not set' })
else {
  const files = readdirSync(folder).filter(file => file.startsWith('anthropic-messages-'))
  test('there are recordings of Anthropic', () => assert.ok(files.length > 0))
  for (const file of files) contract(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recording)
}

function contract({ id, stream, request, response }: Recording): void {
  const { body } = request
  if (body !== null) test(`${id}: the request comes back as it was`, () => checkRequest(anthropic, body))
  if (response.status >= 400) test(`${id}: the error is understood`, () => checkError(response))
  else if (stream) test(`${id}: the stream says what the message says`, () => checkStream(response.body))
  else {
    test(`${id}: the answer comes back as it was, also streamed`, () => {
      checkResponse(anthropic, JSON.parse(response.body))
      checkReplayed(JSON.parse(response.body))
    })
  }
}

function checkError(response: Recording['response']): void {
  const json = JSON.parse(response.body)
  const fault = anthropic.readError(response.status, json)
  assert.equal(fault.status, response.status)
  assert.equal(fault.type, json.error.type)
  const written = anthropic.writeError(fault)
  const refused = response.status === 401
  assert.equal(written.status, refused ? 502 : response.status)
  if (!refused) assert.deepEqual(written.body, json)
}

function checkStream(body: string): void {
  checkSplits(anthropic, body)
  const message = accumulate(framesOf(body))
  const events = readStream(anthropic, body)
  const result = collect(events)
  checkUsage(result.usage)
  assert.deepEqual(anthropic.writeResponse(result), { body: message, losses: [] })
  const writer = anthropic.eventWriter({} as Call)
  const frames = events.flatMap(event => writer.push(event))
  assert.deepEqual(accumulate(frames), withCacheCounts(message))
  assert.deepEqual(writer.losses, [])
}

function checkReplayed(message: JsonObject): void {
  const writer = anthropic.eventWriter({} as Call)
  const frames = replay(anthropic.readResponse(message as Json)).flatMap(event => writer.push(event))
  assert.deepEqual(accumulate(frames), withCacheCounts(message))
  assert.deepEqual(writer.losses, [])
}

/** The writer of streams adds cache counts where a vendor's `message_start` had none. */
function withCacheCounts(message: JsonObject): JsonObject {
  const counts = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
  return { ...message, usage: { ...counts, ...(message.usage as JsonObject) } as Json }
}
