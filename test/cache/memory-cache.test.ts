import { type TestContext, test } from 'node:test'
import { cacheKey, idempotencyKey } from '../../src/cache/key.ts'
import { MemoryCache } from '../../src/cache/memory-cache.ts'
import { answer } from './answers.ts'

const MIB = 1024 * 1024

const SECOND = { ttl: 1_000, staleFor: 0 }

test('an answer is kept for its time and not a moment longer', (t: TestContext) => {
  let now = 0
  const cache = new MemoryCache(() => now)
  cache.set('key', answer('one'), SECOND)
  now = 999
  t.assert.equal(cache.get('key')?.answer.body.toString(), 'one')
  now = 1_000
  t.assert.equal(cache.get('key'), undefined)
  now = 0
  t.assert.equal(cache.get('key'), undefined, 'what has run out is forgotten')
})

test('reading an answer does not lengthen its time; keeping it anew does', (t: TestContext) => {
  let now = 0
  const cache = new MemoryCache(() => now)
  cache.set('key', answer('one'), SECOND)
  now = 900
  cache.get('key')
  now = 1_100
  t.assert.equal(cache.get('key'), undefined)
  cache.set('key', answer('two'), SECOND)
  now = 2_000
  t.assert.equal(cache.get('key')?.answer.body.toString(), 'two')
})

test('all answers together stay below the bound; the least recently used go first', (t: TestContext) => {
  const cache = new MemoryCache(() => 0)
  const large = Buffer.alloc(MIB - 1_024)
  cache.set('first', answer(large), SECOND)
  cache.set('second', answer(large), SECOND)
  for (let index = 0; index < 62; index++) cache.set(`other-${index}`, answer(large), SECOND)
  t.assert.ok(cache.get('first'), 'there is room for 64')
  cache.set('one too many', answer(large), SECOND)
  t.assert.ok(cache.get('first'), 'it was used')
  t.assert.equal(cache.get('second'), undefined)
  t.assert.ok(cache.get('one too many'))
})

test('small answers count more than their bytes, so that there is an end to them too', (t: TestContext) => {
  const cache = new MemoryCache(() => 0)
  for (let index = 0; index < 70_000; index++) cache.set(String(index), answer(''), SECOND)
  t.assert.equal(cache.get('0'), undefined)
  t.assert.ok(cache.get('69999'))
})

test('replacing an answer over and over takes no more room', (t: TestContext) => {
  const cache = new MemoryCache(() => 0)
  cache.set('other', answer('kept'), SECOND)
  for (let count = 0; count < 200; count++) cache.set('key', answer(Buffer.alloc(MIB - 1_024)), SECOND)
  t.assert.ok(cache.get('other'))
})

test('past its time an answer is kept as stale for as long as was said', (t: TestContext) => {
  let now = 0
  const cache = new MemoryCache(() => now)
  cache.set('key', answer('one'), { ttl: 1_000, staleFor: 500 })
  now = 999
  t.assert.equal(cache.get('key')?.fresh, true)
  now = 1_499
  t.assert.equal(cache.get('key')?.fresh, false)
  now = 1_500
  t.assert.equal(cache.get('key'), undefined)
  t.assert.equal(cache.bytes, 0)
})

test('a small answer does not hold on to the large piece of memory that it was read into', (t: TestContext) => {
  const cache = new MemoryCache(() => 0)
  const read = Buffer.alloc(65_536, 'x')
  cache.set('key', { ...answer(''), body: read.subarray(100, 300) }, SECOND)
  read.fill('y')
  const body = cache.get('key')?.answer.body
  t.assert.equal(body?.toString(), 'x'.repeat(200))
  t.assert.equal(body?.buffer.byteLength, 200)
})

const ASKED = {
  caller: 'caller',
  endpoint: '/v1/messages',
  model: 'chat',
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
    { model: 'other' },
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

test('a word of a client names a call only on its route and for its caller, and is never the key of an answer', (t: TestContext) => {
  const keys = [
    idempotencyKey(ASKED, 'word'),
    idempotencyKey(ASKED, 'other'),
    idempotencyKey({ ...ASKED, caller: 'another' }, 'word'),
    idempotencyKey({ ...ASKED, caller: undefined }, 'word'),
    idempotencyKey({ ...ASKED, endpoint: '/v1/chat/completions' }, 'word'),
    cacheKey({ ...ASKED, body: 'word' }),
  ]
  t.assert.equal(new Set(keys).size, keys.length)
})
