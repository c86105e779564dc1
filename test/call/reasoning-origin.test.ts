import { type TestContext, test } from 'node:test'
import type { Block, ReasoningBlock } from '../../src/call/block.ts'
import type { Call, Turn } from '../../src/call/call.ts'
import type { Event } from '../../src/call/event.ts'
import { eventMarker, keepReasoningOf, type ReasoningRules } from '../../src/call/reasoning-origin.ts'

const at = { output: 0, block: 0 }
const piece = (signature: string): Event => ({ type: 'delta', ...at, signature })

test('a signature that comes in pieces bears its mark once, before the first', (t: TestContext) => {
  const mark = eventMarker('claude', 'gemini') as (event: Event) => Event
  const open: Event = { type: 'block-open', ...at, content: { type: 'reasoning', text: '' } }
  t.assert.deepEqual([open, piece('Eqo'), piece('DCk')].map(mark), [open, piece('sluiceClaudeEqo'), piece('DCk')])
})

test("a client of the maker's own API is given signatures as they are", (t: TestContext) => {
  t.assert.equal(eventMarker('claude', 'anthropic'), undefined)
  t.assert.equal(eventMarker(undefined, 'openai-chat'), undefined)
})

/** What is left of reasoning that was signed thus, in a conversation in Chat Completions unless told otherwise. */
function left(rules: ReasoningRules, block: Partial<ReasoningBlock>, dialect = 'openai-chat'): unknown {
  const text: Block = { type: 'text', text: 'Yes?' }
  const turns: Turn[] = [{ role: 'assistant', blocks: [{ type: 'reasoning', text: 'Hm.', ...block }, text] }]
  const call: Call = { operation: 'chat', dialect, model: 'm', stream: false, turns }
  const kept = keepReasoningOf(rules, call)
  const [first] = kept.call.turns[0]?.blocks ?? []
  return first?.type === 'reasoning' ? (first.signature ?? 'unsigned') : kept.losses.map(({ why }) => why)
}

const OTHERS = ['signed reasoning is accepted only by the vendor that signed it']

test('a signature goes to its maker alone: known by its mark, by the word of the wire, or by the API', (t: TestContext) => {
  t.assert.equal(left({ signer: 'claude' }, { signature: 'sluiceClaudeEqo' }), 'Eqo')
  t.assert.equal(left({ signer: 'claude' }, { signature: 'Eqo', maker: 'claude' }), 'Eqo')
  t.assert.equal(left({ signer: 'claude' }, { signature: 'Eqo' }, 'anthropic'), 'Eqo')
  t.assert.deepEqual(left({ signer: 'gemini' }, { signature: 'sluiceClaudeEqo' }), OTHERS)
  t.assert.deepEqual(left({ signer: 'openai' }, { signature: 'Eqo', maker: 'claude' }), OTHERS)
  t.assert.deepEqual(left({ signer: 'openai' }, { signature: 'Eqo' }, 'anthropic'), OTHERS)
})

test('a signature whose maker nobody knows is sent to nobody who would refuse it', (t: TestContext) => {
  for (const signer of ['claude', 'gemini', 'openai', 'nobody'] as const) {
    t.assert.deepEqual(left({ signer }, { signature: 'Eqo' }), OTHERS)
  }
  t.assert.equal(left({}, { signature: 'Eqo' }), 'Eqo')
})

test('unsigned reasoning is left out only for who wants it signed', (t: TestContext) => {
  t.assert.equal(left({ signer: 'claude' }, {}), 'unsigned')
  t.assert.deepEqual(left({ signer: 'claude', signedReasoning: true }, {}), [
    'the vendor takes reasoning back only with its own signature',
  ])
})
