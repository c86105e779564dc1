import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Call } from '../../src/call/call.ts'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { checkEvents, checkNothingVanished, collect, readStream } from './laws.ts'

interface Recording {
  readonly stream: boolean
  readonly request: { readonly body: JsonObject | null }
  readonly response: { readonly status: number; readonly body: string }
}

/** Words that both dialects have under other names; their meaning is tested where they are written. */
const FORM = /(^|\.)(type|role|media_type|effort|stop_reason)$|^usage\./
const folder = process.env.RECORDINGS
const client: Call = { operation: 'chat', dialect: 'openai-chat', model: 'm', stream: true, turns: [] }

if (folder === undefined) test('openai-chat takes recorded Anthropic traffic', { skip: 'RECORDINGS is not set' })
else {
  for (const file of readdirSync(folder).filter(name => name.startsWith('anthropic-messages-'))) {
    const recording = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recording
    const { request, response } = recording
    if (request.body !== null) test(`${file}: nothing of the request vanishes`, () => checkRequest(request.body ?? {}))
    if (response.status !== 200) continue
    if (recording.stream) test(`${file}: the stream says the same`, () => checkStream(response.body))
    else test(`${file}: nothing of the answer vanishes`, () => checkAnswer(JSON.parse(response.body)))
  }
}

function checkRequest(json: JsonObject): void {
  const { body, losses } = openaiChat.writeRequest(anthropic.readRequest({ json }))
  const wire = JSON.parse(JSON.stringify(body)) as JsonObject
  checkNothingVanished(json as Json, wire as Json, losses, FORM)
  openaiChat.readRequest({ json: wire })
}

function checkAnswer(json: Json): void {
  const { body, losses } = openaiChat.writeResponse(anthropic.readResponse(json))
  const wire = JSON.parse(JSON.stringify(body)) as Json
  const known = losses.map(loss => ({ ...loss, path: loss.path.replace('choices.0.message', 'content') }))
  checkNothingVanished(json, wire, known, FORM)
}

function checkStream(body: string): void {
  const events = readStream(anthropic, body)
  const writer = openaiChat.eventWriter(client)
  const reader = openaiChat.eventReader()
  const again = events.flatMap(event => writer.push(event)).flatMap(frame => reader.push(frame))
  checkEvents(again)
  assert.equal(again.at(-1)?.type, events.at(-1)?.type)
  assert.deepEqual(said(collect(again)), said(collect(events)))
}

function said({ outputs }: ReturnType<typeof collect>): unknown {
  return outputs.map(({ blocks }) => [
    blocks.map(block => (block.type === 'text' ? block.text : '')).join(''),
    blocks.flatMap(block => (block.type === 'reasoning' ? [[block.text, block.signature, block.redacted]] : [])),
    blocks.flatMap(block => (block.type === 'tool-call' ? [[block.id, block.name, block.arguments]] : [])),
  ])
}
