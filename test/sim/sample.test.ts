import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../src/call/json.ts'
import { sampleArguments } from '../../src/sim/sample.ts'

const CASES: readonly (readonly [name: string, schema: Json, expected: Json])[] = [
  ['a string is a proper name out of the text', { properties: { city: { type: 'string' } } }, { city: 'Paris' }],
  ['a default comes first', { properties: { city: { type: 'string', default: 'Rome' } } }, { city: 'Rome' }],
  ['a constant', { properties: { kind: { const: 'a' } } }, { kind: 'a' }],
  ['the first of an enum', { properties: { unit: { type: 'string', enum: ['c', 'f'] } } }, { unit: 'c' }],
  ['formats', { properties: { day: { type: 'string', format: 'date' } } }, { day: '2026-01-31' }],
  ['numbers keep to their minimum', { properties: { n: { type: 'integer', minimum: 4 } } }, { n: 4 }],
  ['one item of an array', { properties: { l: { type: 'array', items: { type: 'boolean' } } } }, { l: [true] }],
  ['the first of several types', { properties: { n: { type: ['number', 'null'] } } }, { n: 1 }],
  ['the first alternative', { properties: { x: { anyOf: [{ type: 'null' }, { type: 'string' }] } } }, { x: null }],
  [
    'a local reference',
    { properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: { type: 'object', properties: { b: { const: 1 } } } } },
    { a: { b: 1 } },
  ],
  ['a reference to nothing', { properties: { a: { $ref: '#/$defs/B' } } }, { a: {} }],
  ['no properties', { type: 'object' }, {}],
  ['not an object', { type: 'string' }, {}],
  ['no schema', null, {}],
]

for (const [name, schema, expected] of CASES) {
  test(`sample arguments: ${name}`, () => {
    assert.deepEqual(sampleArguments(schema, 'The weather in Paris, please'), expected)
  })
}

test('B24: a schema that refers to itself ends', () => {
  const schema = { type: 'object', properties: { next: { $ref: '#' } } }
  assert.match(JSON.stringify(sampleArguments(schema, '')), /^(\{"next":){2,9}null\}+$/)
})
