import { type TestContext, test } from 'node:test'
import type { Event } from '../../src/call/event.ts'
import { eventMarker } from '../../src/call/reasoning-origin.ts'

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
