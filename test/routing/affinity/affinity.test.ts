import { suite, type TestContext, test } from 'node:test'
import { type Affinity, affinityKey } from '../../../src/routing/affinity/affinity.ts'
import { rendezvous, seedOf } from '../../../src/routing/affinity/rendezvous.ts'

const BY_HEADER: Affinity = { by: 'header', header: 'x-session-id', prefix: 1_024 }
const BY_USER: Affinity = { ...BY_HEADER, by: 'user' }
const BY_PREFIX: Affinity = { ...BY_HEADER, by: 'prefix', prefix: 64 }

function keyOf(affinity: Affinity, body: object | string, headers = {}, caller?: string): number | undefined {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return affinityKey(affinity, { headers, body: Buffer.from(text) }, caller)
}

suite('what calls have in common', () => {
  test('a header', t => {
    const key = keyOf(BY_HEADER, {}, { 'x-session-id': 's1' })
    t.assert.notEqual(key, undefined)
    t.assert.equal(keyOf(BY_HEADER, { other: 1 }, { 'x-session-id': 's1' }), key)
    t.assert.notEqual(keyOf(BY_HEADER, {}, { 'x-session-id': 's2' }), key)
    t.assert.equal(keyOf(BY_HEADER, {}), undefined)
    t.assert.equal(keyOf(BY_HEADER, {}, { 'x-session-id': '' }), undefined)
  })

  test('the user, in the words of either dialect', t => {
    const key = keyOf(BY_USER, { model: 'm', user: 'u1' })
    t.assert.equal(keyOf(BY_USER, { user: 'u1', model: 'm' }), key)
    t.assert.equal(keyOf(BY_USER, { metadata: { user_id: 'u1' } }), key)
    t.assert.notEqual(keyOf(BY_USER, { user: 'u2' }), key)
  })

  for (const body of [
    {},
    { user: '' },
    { user: null },
    { metadata: null },
    { metadata: [] },
    { metadata: { user_id: 7 } },
  ]) {
    test(`no user in ${JSON.stringify(body)}`, t => t.assert.equal(keyOf(BY_USER, body), undefined))
  }

  test('a call that names two users is refused, for the vendor may read the other one', t => {
    t.assert.throws(() => keyOf(BY_USER, '{"user":"a","user":"b"}'), { code: 'SLUICE_REQUEST_INVALID' })
  })

  test('C29: a session is its caller’s own', t => {
    const headers = { 'x-session-id': 's1' }
    t.assert.notEqual(keyOf(BY_HEADER, {}, headers, 'a'), keyOf(BY_HEADER, {}, headers, 'b'))
    t.assert.notEqual(keyOf(BY_HEADER, {}, headers), keyOf(BY_HEADER, {}, headers, 'b'))
  })
})

suite('F12: the beginning of the prompt', () => {
  const system = 'You are a careful assistant of the harbour office.'
  const first = { role: 'user', content: 'When does the next ferry to the island leave?' }
  const turns = [first, { role: 'assistant', content: 'At noon.' }, { role: 'user', content: 'And back?' }]

  test('stays the same from turn to turn, whatever stands around it', t => {
    const key = keyOf(BY_PREFIX, { system, messages: [first] })
    t.assert.notEqual(key, undefined)
    t.assert.equal(keyOf(BY_PREFIX, { stream: true, messages: turns, max_tokens: 9, system }), key)
    t.assert.notEqual(keyOf(BY_PREFIX, { system: 'You are someone else, who knows it all.', messages: turns }), key)
  })

  test('reaches from the system prompt into the messages', t => {
    const other = { ...first, content: 'Who mends nets here?' }
    const [short, long] = [
      { ...BY_PREFIX, prefix: 120 },
      { ...BY_PREFIX, prefix: 50 },
    ]
    t.assert.notEqual(keyOf(short, { system, messages: turns }), keyOf(short, { system, messages: [other, ...turns] }))
    t.assert.equal(keyOf(long, { system, messages: turns }), keyOf(long, { system, messages: [other] }))
  })

  test('is none while the prompt is shorter, for the next turn would change it', t => {
    t.assert.equal(keyOf(BY_PREFIX, { messages: [{ role: 'user', content: 'Hi' }] }), undefined)
    t.assert.equal(keyOf(BY_PREFIX, {}), undefined)
  })

  test('is found in other dialects', t => {
    const long = 'x'.repeat(100)
    for (const body of [{ input: long }, { prompt: long }, { instructions: long, input: 'Hi' }])
      t.assert.notEqual(keyOf(BY_PREFIX, body), undefined)
  })
})

suite('rendezvous hashing', () => {
  const targets = [
    { id: 'a/m', weight: 1 },
    { id: 'b/m', weight: 2 },
    { id: 'c/m', weight: 5 },
    { id: 'd/m', weight: 0 },
  ].map(target => ({ ...target, seed: seedOf(target.id) }))
  const keys = Array.from({ length: 20_000 }, (_, index) => seedOf(`session ${index}`))

  test('each target gets keys by its weight, none for 0', (t: TestContext) => {
    const counts: Record<string, number> = {}
    for (const key of keys) {
      const { id } = rendezvous(targets, key)
      counts[id] = (counts[id] ?? 0) + 1
    }
    for (const { id, weight } of targets)
      t.assert.ok(Math.abs((counts[id] ?? 0) / keys.length - weight / 8) < 0.01, `${id}: ${counts[id]}`)
  })

  test('C29: when a target leaves, its keys alone move, to the others by weight', (t: TestContext) => {
    const left = targets.filter(({ id }) => id !== 'c/m')
    let toB = 0
    let moved = 0
    for (const key of keys) {
      const before = rendezvous(targets, key)
      const after = rendezvous(left, key)
      if (before.id === 'c/m') {
        moved += 1
        if (after.id === 'b/m') toB += 1
      } else t.assert.equal(after, before)
    }
    t.assert.ok(Math.abs(toB / moved - 2 / 3) < 0.02, `${toB} of ${moved}`)
  })

  test('the order in which targets are listed does not matter', t => {
    const reversed = [...targets].reverse()
    for (const key of keys.slice(0, 100)) t.assert.equal(rendezvous(reversed, key), rendezvous(targets, key))
  })

  test('C28: where all weights are 0 it is the first', t => {
    const all = targets.map(target => ({ ...target, weight: 0 }))
    t.assert.equal(rendezvous(all, 1), all[0])
  })
})
