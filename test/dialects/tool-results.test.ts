import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ToolResultBlock } from '../../src/call/block.ts'
import type { Call, Turn } from '../../src/call/call.ts'
import { dialectNamed } from '../../src/dialects/index.ts'

const USER: Turn = { role: 'user', blocks: [{ type: 'text', text: 'Hello' }] }
const CALL: Turn = { role: 'assistant', blocks: [{ type: 'tool-call', id: 'call_1', name: 'look', arguments: '{}' }] }
const WELL: Turn = { role: 'assistant', blocks: [{ type: 'text', text: 'Well.' }] }

function result(id: string, text: string, at: string, error?: true): ToolResultBlock {
  const content = [{ type: 'text' as const, text }]
  return { type: 'tool-result', id, at, content, ...(error !== undefined && { error }) }
}

function results(...blocks: ToolResultBlock[]): Turn {
  return { role: 'tool', blocks }
}

function write(dialect: string, ...turns: Turn[]): string {
  const call: Call = { operation: 'chat', dialect: 'none', model: 'm', stream: false, turns: [USER, ...turns] }
  return JSON.stringify(dialectNamed(dialect).writeRequest(call).body)
}

for (const dialect of ['openai-chat', 'openai-responses', 'anthropic', 'gemini', 'bedrock']) {
  test(`B12: ${dialect}: the result of a call that was never made is refused by its place and id`, () => {
    const stray = results(result('call_lost', 'one', 'messages.1'))
    assert.throws(() => write(dialect, stray), { param: 'messages.1', message: /"call_lost"/ })
  })

  test(`B12: ${dialect}: a second result of a call, later on, is refused by its place and id`, () => {
    const [first, second] = [result('call_1', 'one', 'messages.2'), result('call_1', 'two', 'messages.4')]
    const turns = [CALL, results(first), WELL, results(second)]
    assert.throws(() => write(dialect, ...turns), { param: 'messages.4', message: /"call_1"/ })
  })

  test(`B12: ${dialect}: an id that is used again for another call has a result of its own`, () => {
    const again = [CALL, results(result('call_1', 'one', 'messages.2'))]
    assert.match(write(dialect, ...again, ...again), /one.*one/)
  })
}

for (const dialect of ['openai-chat', 'openai-responses', 'gemini']) {
  test(`B12: ${dialect}: two results of one call beside each other are refused`, () => {
    const two = results(result('call_1', 'one', 'messages.2'), result('call_1', 'two', 'messages.3'))
    assert.throws(() => write(dialect, CALL, two), { param: 'messages.3', message: /"call_1"/ })
  })
}

for (const dialect of ['anthropic', 'bedrock']) {
  test(`B12: ${dialect}: two results of one call beside each other become one, which says that either failed`, () => {
    const [one, two] = [result('call_1', 'one', 'messages.2', true), result('call_1', 'two', 'messages.3')]
    for (const turns of [
      [results(one, two)],
      [results(one), results(two)],
      [{ ...results(one, two), role: 'user' as const }],
    ]) {
      const body = write(dialect, CALL, ...turns)
      assert.equal(body.match(/tool_use_id|toolResult"/g)?.length, 1)
      assert.match(body, /one.*two/)
      assert.match(body, /"is_error":true|"status":"error"/)
    }
  })
}
