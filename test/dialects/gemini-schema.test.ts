import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../src/call/json.ts'
import type { Loss } from '../../src/call/loss.ts'
import { readSchema } from '../../src/dialects/gemini/schema-read.ts'
import { writeSchema } from '../../src/dialects/gemini/schema-write.ts'
import { deepFreeze } from './laws.ts'

function write(schema: Readonly<Record<string, Json>>): { schema: Json; losses: string[] } {
  const losses: Loss[] = []
  const written = writeSchema(deepFreeze(schema), 'tools.0', losses)
  return { schema: written, losses: losses.map(({ path }) => path) }
}

test('B24: references are put in their places', () => {
  const { schema, losses } = write({
    type: 'object',
    properties: { from: { $ref: '#/$defs/city', description: 'Where from' }, to: { $ref: '#/$defs/city' } },
    required: ['from', 'nobody'],
    additionalProperties: false,
    $defs: { city: { type: 'string', description: 'A city' } },
  })
  assert.deepEqual(schema, {
    type: 'OBJECT',
    properties: {
      from: { type: 'STRING', description: 'Where from' },
      to: { type: 'STRING', description: 'A city' },
    },
    required: ['from'],
  })
  assert.deepEqual(losses, [])
})

test('B24: a schema that holds itself is cut where it begins again, and that is told', () => {
  const { schema, losses } = write({
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: { name: { type: 'string' }, next: { $ref: '#/$defs/node' } },
      },
    },
  })
  assert.deepEqual(schema, {
    type: 'OBJECT',
    properties: { name: { type: 'STRING' }, next: { type: 'OBJECT' } },
  })
  assert.deepEqual(losses, ['tools.0.properties.next'])
})

for (const [how, next] of [
  ['by its root', { $ref: '#' }],
  ['as one of two', { anyOf: [{ $ref: '#' }, { type: 'null' }] }],
  ['among all', { allOf: [{ $ref: '#' }] }],
  ['in a list', { type: 'array', items: { $ref: '#' } }],
] as const) {
  test(`B24: a schema that holds itself ${how} comes to an end`, () => {
    const { schema, losses } = write({ type: 'object', properties: { name: { type: 'string' }, next } })
    assert.equal(losses.length, 1)
    assert.doesNotMatch(JSON.stringify(schema), /\$ref/)
  })
}

test('B24: a schema that multiplies when it is unrolled is cut', () => {
  const names = Array.from({ length: 40 }, (_, level) => `level${level}`)
  const twice = (name: string | undefined): Json =>
    name === undefined
      ? { type: 'string' }
      : { type: 'array', items: { anyOf: [{ $ref: `#/$defs/${name}` }, { $ref: `#/$defs/${name}` }] } }
  const $defs = Object.fromEntries(names.map((name, level) => [name, twice(names[level + 1])]))
  const { schema, losses } = write({ $ref: '#/$defs/level0', $defs })
  assert.ok(losses.length > 0)
  assert.ok(JSON.stringify(schema).length < 1_000_000)
})

test('B24: alternatives of constants are lists of one', () => {
  const { schema, losses } = write({
    type: 'object',
    properties: { unit: { anyOf: [{ const: 'C' }, { const: 'F' }] }, level: { const: 3 }, on: { const: true } },
  })
  assert.deepEqual(schema, {
    type: 'OBJECT',
    properties: {
      unit: {
        anyOf: [
          { type: 'STRING', enum: ['C'], format: 'enum' },
          { type: 'STRING', enum: ['F'], format: 'enum' },
        ],
      },
      level: { type: 'NUMBER', minimum: 3, maximum: 3 },
      on: { type: 'BOOLEAN', description: '(one of true)' },
    },
  })
  assert.deepEqual(losses, [])
})

test('B24: null is said by nullable, several types by alternatives', () => {
  assert.deepEqual(write({ type: ['string', 'null'] }).schema, { type: 'STRING', nullable: true })
  assert.deepEqual(write({ anyOf: [{ type: 'integer' }, { type: 'null' }], description: 'An age' }).schema, {
    type: 'INTEGER',
    description: 'An age',
    nullable: true,
  })
})

test('B24: nothing stands beside anyOf, and what is true of all alternatives stands in each', () => {
  assert.deepEqual(write({ type: ['string', 'integer', 'null'], description: 'An id' }).schema, {
    anyOf: [
      { type: 'STRING', description: 'An id', nullable: true },
      { type: 'INTEGER', description: 'An id', nullable: true },
    ],
  })
  const { schema } = write({
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'string' } },
    anyOf: [{ required: ['a'] }, { required: ['b'] }],
  })
  const properties = { a: { type: 'STRING' }, b: { type: 'STRING' } }
  assert.deepEqual(schema, {
    anyOf: [
      { type: 'OBJECT', properties, required: ['a'] },
      { type: 'OBJECT', properties, required: ['b'] },
    ],
  })
})

test('B24: allOf is one schema', () => {
  const { schema } = write({
    allOf: [{ $ref: '#/$defs/named' }, { properties: { age: { type: 'integer' } }, required: ['age'] }],
    $defs: { named: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
  })
  assert.deepEqual(schema, {
    type: 'OBJECT',
    properties: { name: { type: 'STRING' }, age: { type: 'INTEGER' } },
    required: ['name', 'age'],
  })
})

test('B24: what has no member of its own is told in words or in other limits', () => {
  const { schema, losses } = write({
    type: 'object',
    properties: {
      url: { type: 'string', format: 'uri', description: 'Where' },
      count: { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
      share: { type: 'number', exclusiveMinimum: 0 },
      size: { type: 'integer', enum: [1, 2] },
    },
  })
  assert.deepEqual(schema, {
    type: 'OBJECT',
    properties: {
      url: { type: 'STRING', description: 'Where (format: uri)' },
      count: { type: 'INTEGER', minimum: 1, maximum: 9 },
      share: { type: 'NUMBER', description: '(greater than 0)' },
      size: { type: 'INTEGER', description: '(one of 1, 2)' },
    },
  })
  assert.deepEqual(losses, [])
})

test('B24: what cannot be said is a loss by its place', () => {
  const { losses } = write({
    type: 'object',
    properties: {
      map: { type: 'object', additionalProperties: { type: 'string' } },
      pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }] },
      odd: { type: 'integer', not: { const: 3 } },
      far: { $ref: 'https://x.example/schema' },
    },
  })
  assert.deepEqual(losses, [
    'tools.0.properties.map.additionalProperties',
    'tools.0.properties.pair.prefixItems',
    'tools.0.properties.odd.not',
    'tools.0.properties.far',
  ])
})

test('a list says what it holds, also when nobody said it', () => {
  assert.deepEqual(write({ type: 'array' }).schema, { type: 'ARRAY', items: { type: 'OBJECT' } })
  assert.deepEqual(write({ items: { type: 'string' } }).schema, { type: 'ARRAY', items: { type: 'STRING' } })
})

test('a schema of ours is JSON Schema to others', () => {
  const schema = readSchema({
    type: 'OBJECT',
    properties: {
      names: { type: 'ARRAY', items: { type: 'STRING', nullable: true }, maxItems: '3' },
      unit: { type: 'STRING', enum: ['C'], format: 'enum' },
    },
    propertyOrdering: ['unit', 'names'],
  })
  assert.deepEqual(schema, {
    type: 'object',
    properties: {
      names: { type: 'array', items: { type: ['string', 'null'] }, maxItems: 3 },
      unit: { type: 'string', enum: ['C'], format: 'enum' },
    },
  })
})

test('a schema whose parts use each other many times is cut before it costs more than it is worth', () => {
  const parts = Array.from({ length: 40 }, (_, index): [string, Json] => {
    const next = { $ref: `#/$defs/part${index + 1}` }
    return [`part${index}`, { allOf: [next, next] }]
  })
  const { losses } = write({
    $ref: '#/$defs/part0',
    $defs: { ...Object.fromEntries(parts), part40: { type: 'string' } },
  })
  assert.deepEqual(losses, ['tools.0'])
})
