import { test } from 'node:test'
import { holdsError } from '../../src/relay/whole.ts'

for (const [name, text, expected] of [
  ['an object', '{"error":{"message":"no"}}', true],
  ['a text', '{ "error" : "no" }', true],
  ["Anthropic's", '{"type":"error","error":{"type":"overloaded_error"}}', true],
  ['behind other members', '{"id":"x","usage":{"a":1},"error":{}}', true],
  ['null', '{"error":null,"choices":[]}', false],
  ['false', '{"error":false}', false],
  ['an empty text', '{"error":""}', false],
  ['deeper than the root', '{"choices":[{"error":{"message":"no"}}]}', false],
  ['a value', '{"type":"error"}', false],
  ['words of the model', JSON.stringify({ content: '{"error":{"message":"no"}}' }), false],
  ['part of a name', '{"last_error":{},"errors":[]}', false],
  ['in something that is no JSON', '{"error":{"message":"no"}', false],
] as const) {
  test(`an error in the guise of an answer: ${name}: ${expected ? 'one' : 'none'}`, t => {
    t.assert.equal(holdsError(Buffer.from(text)), expected)
  })
}
