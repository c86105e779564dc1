import { test } from 'node:test'
import fc from 'fast-check'
import { findMembers, watch } from '../../src/relay/json-members.ts'

const MODEL = watch('model')

/** The text of the watched member's value, or undefined. */
function found(json: string, name = 'model'): string | undefined {
  const bytes = Buffer.from(json)
  const member = findMembers(bytes, watch(name)).get(name)
  return member === undefined ? undefined : bytes.toString('utf8', member.start, member.end)
}

/** Any JSON object, often with a model among its members, written with any spacing. */
const objects = fc
  .tuple(
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('model', 'mode', 'models', '__proto__', 'stream')),
      fc.jsonValue(),
    ),
    fc.option(fc.jsonValue(), { nil: undefined }),
    fc.constantFrom(undefined, 1, '\t', '\r\n '),
  )
  .map(([members, model, space]) => {
    const object = Object.assign(Object.create(null), members, model !== undefined && { model }) as object
    return JSON.stringify(object, null, space)
  })

test('finds in any JSON object the model that JSON.parse finds', () => {
  fc.assert(
    fc.property(objects, json => {
      const value = found(json)
      const parsed = JSON.parse(json) as Record<string, unknown>
      if (!Object.hasOwn(parsed, 'model')) return value === undefined
      return value !== undefined && JSON.stringify(JSON.parse(value)) === JSON.stringify(parsed.model)
    }),
    { numRuns: 2_000 },
  )
})

test('finds the end of any string, however long and full of escapes', () => {
  const strings = fc.string({ unit: fc.constantFrom('"', '\\', 'a', 'bc', 'x'.repeat(40)), maxLength: 60 })
  fc.assert(
    fc.property(strings, text => found(JSON.stringify({ text, model: 'm' })) === '"m"'),
    { numRuns: 2_000 },
  )
})

test('the name begins where nameStart says', () => {
  fc.assert(
    fc.property(objects, json => {
      const bytes = Buffer.from(json)
      const member = findMembers(bytes, MODEL).get('model')
      return member === undefined || bytes.toString('utf8', member.nameStart, member.nameStart + 7) === '"model"'
    }),
  )
})

test('refuses every cut of an object', t => {
  const json = '{"a":[1,{"b":"c\\"d"}],"model":"gpt","n":-1.5e+3,"t":true,"x":null}'
  for (let length = 0; length < json.length; length += 1) {
    t.assert.throws(() => found(json.slice(0, length)), { code: 'SLUICE_REQUEST_JSON' }, json.slice(0, length))
  }
})

test('refuses what JSON.parse refuses outside of strings, whatever byte is put where', () => {
  const json = '{"a":[1,{"b":"c"}],"model":"gpt","n":-1.5e+3,"t":true,"x":null,"e":{},"f":[]}'
  fc.assert(
    fc.property(fc.nat(json.length), fc.constantFrom(..."{}[],:0-+.eEtn/*#'x \u00a0"), (at, character) => {
      const changed = json.slice(0, at) + character + json.slice(at)
      return parses(changed) || refuses(changed)
    }),
    { numRuns: 3_000 },
  )
})

function parses(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}

function refuses(json: string): boolean {
  try {
    found(json)
    return false
  } catch {
    return true
  }
}

test('refuses what is no object', t => {
  for (const json of ['', '[]', '"model"', '1', 'null', '{} {}', '\ufeff{}', '{"model":"a"}x']) {
    t.assert.throws(() => found(json), { code: 'SLUICE_REQUEST_JSON' }, json)
  }
})

test('refuses comments, single quotes, trailing commas, and numbers that are none', t => {
  const broken = [
    '{\f"a":1}',
    '{"a":\v1}',
    '{/* "model":"b" */}',
    "{'model':'b'}",
    '{"a":1,}',
    '{"a":[1,]}',
    '{"a":01}',
    '{"a":NaN}',
    '{"a":+1}',
  ]
  for (const json of broken) t.assert.throws(() => found(json), { code: 'SLUICE_REQUEST_JSON' }, json)
})

test('a member given twice is refused, however its name is written', t => {
  for (const json of ['{"model":"a","model":"b"}', '{"model":"a","m\\u006fdel":"b"}', '{"\\u006dodel":1,"model":2}']) {
    t.assert.throws(() => found(json), { code: 'SLUICE_REQUEST_INVALID', param: 'model' }, json)
  }
})

test('members that nobody watches may be given twice', t => {
  t.assert.equal(found('{"a":1,"a":2,"model":"m"}'), '"m"')
})

test('an escaped name is the same name', t => {
  t.assert.equal(found('{"m\\u006fdel":"x"}'), '"x"')
  t.assert.equal(found('{"\\u006d\\u006f\\u0064\\u0065\\u006c":"x"}'), '"x"')
})

test('a name that only looks alike is another name', t => {
  for (const json of ['{"Model":"x"}', '{"model ":"x"}', '{"mode\\\\l":"x"}', '{"\\"model":"x"}', '{"":"model"}']) {
    t.assert.equal(found(json), undefined, json)
  }
})

test('only the root counts', t => {
  t.assert.equal(found('{"a":{"model":"no"},"b":[{"model":"no"}],"c":"\\"model\\":\\"no\\""}'), undefined)
})

test('strings of every length around the native search keep their ends', t => {
  for (let length = 0; length < 80; length += 1) {
    for (const tail of ['', '\\"', '\\\\', '\\\\\\"', 'é', '😀']) {
      const text = 'x'.repeat(length) + tail
      t.assert.equal(found(`{"a":"${text}","model":"m"}`), '"m"', text)
      t.assert.equal(found(`{"model":"${text}"}`), `"${text}"`, text)
    }
  }
})

test('integers beyond 2^53 and odd spellings of numbers are left as they are', t => {
  for (const number of ['12345678901234567890', '1.0', '1E400', '-0', '0.10']) {
    t.assert.equal(found(`{"model":${number}}`), number)
  }
})

test('__proto__ and constructor are members like any other', t => {
  t.assert.equal(found('{"__proto__":{"model":"no"},"constructor":1,"model":"m"}'), '"m"')
  t.assert.equal(found('{"__proto__":7}', '__proto__'), '7')
})

test('nesting is bounded', t => {
  const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)},"model":"m"}`
  t.assert.equal(found(nested(200)), '"m"')
  t.assert.throws(() => found(nested(201)), { code: 'SLUICE_REQUEST_JSON' })
  t.assert.throws(() => found('{"a":'.repeat(100_000)), { code: 'SLUICE_REQUEST_JSON' })
})
