import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { camelCased } from '../../src/dialects/gemini/casing.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { checkRequest, checkResponse, checkSplits, checkUsage, collect, readStream } from './laws.ts'

interface Recording {
  readonly id: string
  readonly api: string
  readonly stream: boolean
  readonly request: { readonly body: JsonObject | null }
  readonly response: { readonly status: number; readonly body: string }
}

const folder = process.env.RECORDINGS

if (folder === undefined) test('gemini keeps its laws on recorded traffic', { skip: 'RECORDINGS is not set' })
else {
  const files = readdirSync(folder).filter(file => /^(?:gemini|vertex)-generate-/.test(file))
  test('there are recordings of both doors', () => {
    for (const vendor of ['gemini', 'vertex']) assert.ok(files.some(file => file.startsWith(vendor)))
  })
  for (const file of files) contract(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recording)
}

function contract({ id, request, response, stream }: Recording): void {
  const { body } = request
  if (body !== null) {
    // Google takes both spellings of its members' names, and one of them is written.
    test(`${id}: the request comes back as it was`, () => checkRequest(gemini, camelCased(body as Json) as JsonObject))
    test(`${id}: both spellings of its members are read`, () => {
      const call = gemini.readRequest({ json: body })
      assert.deepEqual(gemini.writeRequest(call).body, camelCased(body as Json))
    })
  }
  if (response.status >= 400) test(`${id}: the error is understood`, () => checkError(response))
  else if (stream) test(`${id}: the stream is understood`, () => checkStream(response.body))
  else test(`${id}: the answer comes back as it was`, () => checkResponse(gemini, JSON.parse(response.body)))
}

function checkError(response: Recording['response']): void {
  const json = JSON.parse(response.body)
  const fault = gemini.readError(response.status, json)
  assert.equal(fault.status, response.status)
  assert.ok(fault.message.length > 0)
  const written = gemini.writeError(fault)
  const refused = fault.kind === 'upstream'
  assert.equal(written.status, refused ? 502 : response.status)
  if (!refused) assert.deepEqual(written.body, json)
}

function checkStream(body: string): void {
  checkSplits(gemini, body)
  const events = readStream(gemini, body)
  assert.equal(events.at(-1)?.type, 'end')
  const result = collect(events)
  checkUsage(result.usage)
  const chunks = body
    .split('\r\n')
    .filter(line => line.startsWith('data: {'))
    .map(line => JSON.parse(line.slice('data: '.length)))
  const parts = chunks.flatMap(chunk => chunk.candidates?.[0]?.content?.parts ?? [])
  const spoken = parts.map(part => part.text ?? JSON.stringify(part.functionCall.args)).join('')
  const blocks = result.outputs[0]?.blocks ?? []
  assert.equal(
    blocks.map(block => ('text' in block ? block.text : 'arguments' in block ? block.arguments : '')).join(''),
    spoken,
  )
  const report = chunks.at(-1).usageMetadata
  assert.equal(result.usage?.input, report && report.promptTokenCount + (report.toolUsePromptTokenCount ?? 0))
}
