import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Call } from '../../src/call/call.ts'
import type { JsonObject } from '../../src/call/json.ts'
import { replay } from '../../src/call/replay.ts'
import { bedrock } from '../../src/dialects/bedrock/index.ts'
import { checkRequest, checkResponse, checkSplits, checkUsage, collect, readStream } from './laws.ts'

interface Recording {
  readonly id: string
  readonly stream: boolean
  readonly request: { readonly body: JsonObject | null }
  readonly response: { readonly status: number; readonly body: string; readonly encoding?: 'base64' }
}

const folder = process.env.RECORDINGS

if (folder === undefined) test('bedrock keeps its laws on recorded traffic', { skip: 'RECORDINGS is not set' })
else {
  const files = readdirSync(folder).filter(file => file.startsWith('bedrock-converse-'))
  test('there are recordings of Bedrock', () => assert.ok(files.length > 0))
  for (const file of files) contract(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recording)
}

function contract({ id, stream, request, response }: Recording): void {
  const { body } = request
  if (body !== null) test(`${id}: the request comes back as it was`, () => checkRequest(bedrock, body))
  if (response.status >= 400) test(`${id}: the error is understood`, () => checkError(response))
  else if (stream) test(`${id}: the stream is read, and written again says the same`, () => checkStream(response.body))
  else {
    test(`${id}: the answer comes back as it was, also streamed`, () => {
      checkResponse(bedrock, JSON.parse(response.body))
      const result = bedrock.readResponse(JSON.parse(response.body))
      assert.deepEqual(rewritten(replay(result)).outputs.map(said), result.outputs.map(said))
    })
  }
}

function checkError({ status, body }: Recording['response']): void {
  const fault = bedrock.readError(status, JSON.parse(body))
  assert.equal(fault.status, status)
  const written = bedrock.writeError(fault)
  assert.equal(written.status, status === 403 ? 502 : status)
  if (status !== 403) assert.deepEqual(written.body, JSON.parse(body))
}

function checkStream(base64: string): void {
  const body = Buffer.from(base64, 'base64')
  checkSplits(bedrock, body)
  const events = readStream(bedrock, body)
  assert.equal(events.at(-1)?.type, 'end')
  const result = collect(events)
  checkUsage(result.usage)
  assert.deepEqual(bedrock.writeResponse(result).losses, [])
  assert.deepEqual(rewritten(events), result)
}

function rewritten(events: ReturnType<typeof readStream>) {
  const writer = bedrock.eventWriter({} as Call)
  const reader = bedrock.eventReader()
  const again = collect(events.flatMap(event => writer.push(event)).flatMap(frame => reader.push(frame)))
  assert.deepEqual(writer.losses, [])
  return again
}

/** What an answer says, without places and notes on form. */
function said({ blocks, finish }: ReturnType<typeof collect>['outputs'][number]): unknown {
  return [finish, blocks.map(({ at: _, extra: __, ...block }) => block)]
}
