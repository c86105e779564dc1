import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Block } from '../../src/call/block.ts'
import type { JsonObject } from '../../src/call/json.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { checkRequest, checkResponse, checkSplits, checkUsage, collect, readStream } from './laws.ts'

interface Recording {
  readonly id: string
  readonly stream: boolean
  readonly request: { readonly body: JsonObject }
  readonly response: { readonly status: number; readonly body: string }
}

const VENDORS = ['openai', 'azure', 'mistral', 'groq', 'deepseek', 'openrouter']
const folder = process.env.RECORDINGS

if (folder === undefined) test('openai-chat keeps its laws on recorded traffic', { skip: 'RECORDINGS is not set' })
else {
  const files = readdirSync(folder).filter(file => VENDORS.some(vendor => file.startsWith(`${vendor}-chat-`)))
  test('there are recordings of every vendor', () => {
    for (const vendor of VENDORS) assert.ok(files.some(file => file.startsWith(vendor)))
  })
  for (const file of files) contract(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recording)
}

function contract(recording: Recording): void {
  const { id, request, response } = recording
  test(`${id}: the request comes back as it was`, () => checkRequest(openaiChat, request.body))
  if (response.status >= 400) test(`${id}: the error is understood`, () => checkError(response))
  else if (recording.stream) test(`${id}: the stream is understood`, () => checkStream(response.body))
  else test(`${id}: the answer comes back as it was`, () => checkResponse(openaiChat, JSON.parse(response.body)))
}

function checkError(response: Recording['response']): void {
  const json = JSON.parse(response.body)
  const fault = openaiChat.readError(response.status, json)
  assert.equal(fault.status, response.status)
  assert.ok(fault.message.length > 0)
  const written = openaiChat.writeError(fault)
  const refused = response.status === 401 || response.status === 403
  assert.equal(written.status, refused ? 502 : response.status)
  if (!refused && json.error !== undefined) assert.deepEqual(written.body, json)
}

function checkStream(body: string): void {
  checkSplits(openaiChat, body)
  const events = readStream(openaiChat, body)
  const chunks = body
    .split('\n')
    .filter(line => line.startsWith('data: {'))
    .map(line => JSON.parse(line.slice('data: '.length)))
  const last = events.at(-1)
  if (chunks.some(chunk => chunk.error)) {
    assert.equal(last?.type, 'error')
    return
  }
  assert.equal(last?.type, 'end')
  const result = collect(events)
  checkUsage(result.usage)
  assert.equal(result.id, chunks.at(-1).id)
  assert.equal(text(result.outputs[0]?.blocks ?? []), chunks.map(chunk => spoken(chunk.choices[0])).join(''))
  const report = chunks.findLast(chunk => chunk.usage)?.usage
  assert.equal(result.usage?.input, report?.prompt_tokens)
  assert.equal(result.usage?.output, report?.completion_tokens)
}

/** Everything said in output 0: text, refusal, reasoning and tool arguments, in the order of the wire. */
function text(blocks: readonly Block[]): string {
  return blocks.map(block => ('text' in block ? block.text : 'arguments' in block ? block.arguments : '')).join('')
}

function spoken(choice: { index: number; delta: Record<string, unknown> } | undefined): string {
  if (choice === undefined || choice.index !== 0) return ''
  const { content, refusal, reasoning, reasoning_content, tool_calls } = choice.delta
  const list = Array.isArray(content) ? content : []
  const thought = list.flatMap(part => part.thinking ?? part).map(piece => piece.text ?? '')
  const calls = (tool_calls ?? []) as { function: { arguments?: string } }[]
  const pieces = [reasoning_content ?? reasoning, ...thought, typeof content === 'string' ? content : '', refusal]
  return [...pieces, ...calls.map(call => call.function.arguments)].map(piece => piece ?? '').join('')
}
