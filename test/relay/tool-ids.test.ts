import { test } from 'node:test'
import type { WordLimit } from '../../src/call/tool-words.ts'
import { holdsForeignIds } from '../../src/relay/tool-ids.ts'

const SHORT: WordLimit = { fits: /^[\w-]{1,10}$/, length: 10 }

for (const [name, dialect, body, expected] of [
  ['no tool result', 'openai-chat', '{"messages":[]}', false],
  ['an id that fits', 'openai-chat', '{"tool_call_id":"call_1"}', false],
  ['an id that is too long', 'openai-chat', '{"tool_call_id":"call_1234567"}', true],
  ['the second of two', 'openai-chat', '{"tool_call_id":"a"},{"tool_call_id" :\n "a.b"}', true],
  ['an escaped id', 'openai-chat', '{"tool_call_id":"a\\u0062"}', true],
  ["Anthropic's word for it", 'anthropic', '{"tool_use_id":"toolu/1"}', true],
  ["another dialect's word", 'anthropic', '{"tool_call_id":"a.b"}', false],
  ['words of a user', 'openai-chat', JSON.stringify({ content: '{"tool_call_id":"a.b"}' }), false],
  ['a value that is no id', 'openai-chat', '{"tool_call_id":7}', false],
  ['a name as a value', 'openai-chat', '["tool_call_id","a.b"]', false],
  ['half a body', 'openai-chat', '{"tool_call_id":"a.', false],
  ['a dialect without such ids', 'other', '{"tool_call_id":"a.b"}', false],
] as const) {
  test(`ids that a vendor refuses: ${name}: ${expected ? 'some' : 'none'}`, t => {
    t.assert.equal(holdsForeignIds(Buffer.from(body), dialect, SHORT), expected)
  })
}
