import { type TestContext, test } from 'node:test'
import { cacheKey } from '../../src/cache/key.ts'
import { type CachedAnswer, MAX_ANSWER_BYTES, MemoryCache } from '../../src/cache/memory-cache.ts'
import { StreamCopy } from '../../src/cache/stream-copy.ts'

const MIB = 1024 * 1024

function answer(body: Buffer | string): CachedAnswer {
  return { contentType: 'application/json', body: Buffer.from(body), target: 'a/m', losses: [] }
}

test('an answer is kept for its time and not a moment longer', (t: TestContext) => {
  let now = 0
  const cache = new MemoryCache(() => now)
  cache.set('key', answer('one'), 1_000)
  now = 999
  t.assert.equal(cache.get('key')?.body.toString(), 'one')
  now = 1_000
  t.assert.equal(cache.get('key'), undefined)
  now = 0
  t.assert.equal(cache.get('key'), undefined, 'what has run out is forgotten')
})

test('reading an answer does not lengthen its time; keeping it anew does', (t: TestContext) => {
  let now = 0
  const cache = new MemoryCache(() => now)
  cache.set('key', answer('one'), 1_000)
  now = 900
  cache.get('key')
  now = 1_100
  t.assert.equal(cache.get('key'), undefined)
  cache.set('key', answer('two'), 1_000)
  now = 2_000
  t.assert.equal(cache.get('key')?.body.toString(), 'two')
})

test('all answers together stay below the bound; the least recently used go first', (t: TestContext) => {
  const cache = new MemoryCache(() => 0)
  const large = Buffer.alloc(MIB - 1_024)
  cache.set('first', answer(large), 1_000)
  cache.set('second', answer(large), 1_000)
  for (let index = 0; index < 62; index++) cache.set(`other-${index}`, answer(large), 1_000)
  t.assert.ok(cache.get('first'), 'there is room for 64')
  cache.set('one too many', answer(large), 1_000)
  t.assert.ok(cache.get('first'), 'it was used')
  t.assert.equal(cache.get('second'), undefined)
  t.assert.ok(cache.get('one too many'))
})

test('small answers count more than their bytes, so that there is an end to them too', (t: TestContext) => {
  const cache = new MemoryCache(() => 0)
  for (let index = 0; index < 70_000; index++) cache.set(String(index), answer(''), 1_000)
  t.assert.equal(cache.get('0'), undefined)
  t.assert.ok(cache.get('69999'))
})

test('replacing an answer over and over takes no more room', (t: TestContext) => {
  const cache = new MemoryCache(() => 0)
  cache.set('other', answer('kept'), 1_000)
  for (let count = 0; count < 200; count++) cache.set('key', answer(Buffer.alloc(MIB - 1_024)), 1_000)
  t.assert.ok(cache.get('other'))
})

test('an answer that is too large for its own good is not kept', (t: TestContext) => {
  const cache = new MemoryCache(() => 0)
  cache.set('most', answer(Buffer.alloc(MAX_ANSWER_BYTES)), 1_000)
  cache.set('more', answer(Buffer.alloc(MAX_ANSWER_BYTES + 1)), 1_000)
  t.assert.ok(cache.get('most'))
  t.assert.equal(cache.get('more'), undefined)
})

test('a small answer does not hold on to the large piece of memory that it was read into', (t: TestContext) => {
  const cache = new MemoryCache(() => 0)
  const read = Buffer.alloc(65_536, 'x')
  cache.set('key', { ...answer(''), body: read.subarray(100, 300) }, 1_000)
  read.fill('y')
  const kept = cache.get('key')
  t.assert.equal(kept?.body.toString(), 'x'.repeat(200))
  t.assert.equal(kept?.body.buffer.byteLength, 200)
})

test('a copy of a stream is its bytes, and nothing once it has become too large', (t: TestContext) => {
  const copy = new StreamCopy()
  copy.push('data: é\n\n')
  copy.push(Buffer.from([0x64, 0xc3]))
  t.assert.deepEqual(copy.bytes, Buffer.concat([Buffer.from('data: é\n\n'), Buffer.from([0x64, 0xc3])]))
  copy.push(Buffer.alloc(MAX_ANSWER_BYTES))
  t.assert.equal(copy.bytes, undefined)
  copy.push('more')
  t.assert.equal(copy.bytes, undefined)
})

const ASKED = {
  caller: 'caller',
  endpoint: '/v1/messages',
  query: '',
  headers: {},
  body: Buffer.from('{"model":"chat"}'),
}

test('equal requests have one key', (t: TestContext) => {
  const other = {
    ...ASKED,
    body: Buffer.from('{"model":"chat"}'),
    headers: { 'user-agent': 'x', authorization: 'y', 'x-request-id': 'z' },
  }
  t.assert.equal(cacheKey(ASKED), cacheKey(other))
  const one = { 'anthropic-version': '1', 'anthropic-beta': 'a' }
  const turned = { 'anthropic-beta': 'a', 'anthropic-version': '1' }
  t.assert.equal(cacheKey({ ...ASKED, headers: one }), cacheKey({ ...ASKED, headers: turned }))
})

test('whatever may change the answer changes the key', (t: TestContext) => {
  const changes = [
    { caller: 'another' },
    { caller: undefined },
    { caller: 'null' },
    { endpoint: '/v1/chat/completions' },
    { query: 'beta=true' },
    { headers: { 'anthropic-version': '2023-06-01' } },
    { headers: { 'anthropic-beta': 'a' } },
    { headers: { 'anthropic-beta': 'b' } },
    { headers: { 'openai-beta': 'a' } },
    { body: Buffer.from('{"model": "chat"}') },
    { body: '{}' },
  ]
  const keys = [ASKED, ...changes.map(change => ({ ...ASKED, ...change }))].map(cacheKey)
  t.assert.equal(new Set(keys).size, keys.length)
})
