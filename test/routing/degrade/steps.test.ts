import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../../../src/call/call.ts'
import { dialectNamed } from '../../../src/dialects/index.ts'
import { Envelope } from '../../../src/relay/envelope.ts'
import { cheapen, type Step, takeSteps } from '../../../src/routing/degrade/steps.ts'

const BASE: Call = { operation: 'chat', dialect: 'openai-chat', model: 'chat', stream: false, turns: [] }
const SHORT: Step = { name: 'short', maxTokens: 512 }
const LIGHT: Step = { name: 'light', reasoningEffort: 'low' }

const CHANGED: readonly (readonly [string, Partial<Call>, Step, Partial<Call>])[] = [
  ['a limit where there was none', {}, SHORT, { maxTokens: 512 }],
  ['a lower limit', { maxTokens: 4_096 }, SHORT, { maxTokens: 512 }],
  ['less effort', { reasoning: { effort: 'high' } }, LIGHT, { reasoning: { effort: 'low' } }],
  ['a smaller budget', { reasoning: { budget: 16_384 } }, LIGHT, { reasoning: { budget: 2_048 } }],
  [
    'an effort for who thinks as it likes',
    { reasoning: { enabled: true, adaptive: true } },
    LIGHT,
    { reasoning: { enabled: true, adaptive: true, effort: 'low' } },
  ],
  [
    'both at once',
    { maxTokens: 1_000, reasoning: { effort: 'max' } },
    { name: 'both', maxTokens: 100, reasoningEffort: 'medium' },
    { maxTokens: 100, reasoning: { effort: 'medium' } },
  ],
]
for (const [name, asked, step, expected] of CHANGED) {
  test(`a step gives ${name}`, () => {
    const call = { ...BASE, ...asked }
    const before = structuredClone(call)
    assert.deepEqual(cheapen(call, step), { ...BASE, ...expected })
    assert.deepEqual(call, before)
  })
}

const KEPT: readonly (readonly [string, Partial<Call>, Step])[] = [
  ['asks for less anyway', { maxTokens: 100 }, SHORT],
  ['asks for no reasoning, which the model may not know', {}, LIGHT],
  ['forbids reasoning', { reasoning: { enabled: false } }, LIGHT],
  ['asks for as little effort', { reasoning: { effort: 'minimal' } }, LIGHT],
  ['asks for a small budget', { reasoning: { budget: 1_024 } }, LIGHT],
  ['says its effort in a word of its own', { reasoning: { effort: 'none' } }, LIGHT],
]
for (const [name, asked, step] of KEPT) {
  test(`a call stays as it is that ${name}`, () => {
    const call = { ...BASE, ...asked }
    assert.equal(cheapen(call, step), call)
  })
}

function envelopeOf(body: object): Envelope {
  const dialect = dialectNamed('openai-chat')
  return new Envelope({ body: Buffer.from(JSON.stringify(body)), dialect, operation: 'chat', headers: {}, query: '' })
}

test('only the steps that changed the call are named, and a call that none changed stays on the pass lane', () => {
  const changed = envelopeOf({ model: 'chat', messages: [] })
  assert.deepEqual(takeSteps(changed, [SHORT, LIGHT]), ['short'])
  assert.equal(changed.replaced, true)
  assert.equal(changed.decode().maxTokens, 512)

  const kept = envelopeOf({ model: 'chat', messages: [], max_tokens: 5 })
  assert.deepEqual(takeSteps(kept, [SHORT, LIGHT]), [])
  assert.equal(kept.replaced, false)
})

test('a call is not read for a step that could not change it', t => {
  const envelope = envelopeOf({ model: 'chat', messages: [] })
  const read = t.mock.method(envelope, 'read')
  assert.deepEqual(takeSteps(envelope, [{ name: 'smaller', degradeTo: true }]), [])
  assert.equal(read.mock.callCount(), 0)
})

test('a call that only the vendor can read goes on as it came', () => {
  const envelope = envelopeOf({ model: 'chat', messages: 'what is this' })
  assert.deepEqual(takeSteps(envelope, [SHORT]), [])
  assert.equal(envelope.replaced, false)
})
