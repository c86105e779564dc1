import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Block } from '../../src/call/block.ts'
import { Collector } from '../../src/call/collect.ts'
import type { Event } from '../../src/call/event.ts'
import { Joined } from '../../src/call/extra.ts'
import { replay } from '../../src/call/replay.ts'
import type { FinishReason, Result } from '../../src/call/result.ts'
import { checkEvents, collect, deepFreeze } from '../dialects/laws.ts'

const start: Event = { type: 'start', id: 'a', model: 'm' }

test('deltas of overlapping blocks grow their own block', () => {
  const call = (id: string): Block => ({ type: 'tool-call', id, name: 'f', arguments: '' })
  const result = collect([
    start,
    { type: 'block-open', output: 0, block: 0, content: call('one') },
    { type: 'block-open', output: 0, block: 1, content: call('two') },
    { type: 'delta', output: 0, block: 1, arguments: '{"b":2}' },
    { type: 'delta', output: 0, block: 0, arguments: '{"a":' },
    { type: 'delta', output: 0, block: 0, arguments: '1}' },
  ])
  assert.deepEqual(result.outputs[0]?.blocks, [
    { ...call('one'), arguments: '{"a":1}' },
    { ...call('two'), arguments: '{"b":2}' },
  ])
})

test('B3: a tool call without a single argument piece has an empty object as arguments', () => {
  const content: Block = { type: 'tool-call', id: 'x', name: 'now', arguments: '' }
  const result = collect([start, { type: 'block-open', output: 0, block: 0, content }])
  assert.deepEqual(result.outputs[0]?.blocks, [{ ...content, arguments: '{}' }])
})

test('A8: usage is the last known value of each member, never the sum', () => {
  const result = collect([
    { ...start, usage: { input: 10, output: 1, cacheRead: 4 } },
    { type: 'usage', usage: { input: 10, output: 50 } },
    { type: 'end', usage: { input: 10, output: 80 } },
  ])
  assert.deepEqual(result.usage, { input: 10, output: 80, cacheRead: 4 })
})

test('pieces in extra of deltas are appended, extra of finish and end replaces', () => {
  const result = collect([
    { ...start, extra: { d: { tier: 'flex' } } },
    { type: 'block-open', output: 0, block: 0, content: { type: 'text', text: '' } },
    { type: 'delta', output: 0, block: 0, extra: { d: { citations: [1], say: 'a' } } },
    { type: 'delta', output: 0, block: 0, extra: { d: { citations: [2], say: 'b' } } },
    { type: 'end', extra: { d: { tier: 'default' } } },
  ])
  assert.deepEqual(result.outputs[0]?.blocks[0]?.extra, { d: { citations: [1, 2], say: 'ab' } })
  assert.deepEqual(result.extra, { d: { tier: 'default' } })
})

test('an error is kept with what had come before it', () => {
  const collector = new Collector()
  const fault = { kind: 'upstream', status: 502, message: 'gone' } as const
  collector.push(start)
  collector.push({ type: 'error', fault })
  assert.equal(collector.fault, fault)
  assert.equal(collector.result().id, 'a')
})

test('an output that never finished, and one that was skipped, end for another reason', () => {
  const result = collect([start, { type: 'block-open', output: 1, block: 0, content: { type: 'text', text: 'x' } }])
  assert.deepEqual(
    result.outputs.map(output => output.finish.reason),
    ['other', 'other'],
  )
})

test('a delta for a block that was never opened is ignored', () => {
  assert.deepEqual(collect([start, { type: 'delta', output: 0, block: 3, text: 'x' }]).outputs, [])
})

test('a later piece wins over an earlier one, and null never does', () => {
  const joined = new Joined('replace', { a: 1, b: { c: 1, d: 2 }, e: 'x' }, { a: null, b: { c: 3 }, e: 'y' })
  assert.deepEqual(joined.whole(), { a: 1, b: { c: 3, d: 2 }, e: 'y' })
})

test('a member of any name is kept, also of one that an assignment would lose', () => {
  const piece = JSON.parse('{"__proto__":["a"],"constructor":"x"}')
  const whole = new Joined('append', piece, piece).whole()
  assert.equal(JSON.stringify(whole), '{"__proto__":["a","a"],"constructor":"xx"}')
})

test('what has come is not changed by what comes later, nor are the pieces', () => {
  const piece = deepFreeze({ list: [1], inner: { list: [2] } })
  const joined = new Joined('append', piece, piece)
  const before = joined.whole()
  joined.add(piece)
  assert.deepEqual(before, { list: [1, 1], inner: { list: [2, 2] } })
  assert.deepEqual(joined.whole(), { list: [1, 1, 1], inner: { list: [2, 2, 2] } })
})

test('a list that comes element by element is not copied for each', () => {
  const joined = new Joined('append')
  const pieces = Array.from({ length: 200_000 }, (_, index) => ({ citations: [index] }))
  for (const piece of pieces) joined.add(piece)
  const { citations } = joined.whole() ?? {}
  assert.equal(Array.isArray(citations) && citations.length, pieces.length)
})

const text = fc.string({ unit: 'grapheme' })
const extra = fc.option(fc.constant({ d: { citations: [1, 2] } }), { nil: undefined })
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text, refusal: fc.boolean() }),
  fc.record({ type: fc.constant('tool-call' as const), id: text, name: text, arguments: fc.json() }),
  fc.record({ type: fc.constant('reasoning' as const), text, signature: text }, { requiredKeys: ['type', 'text'] }),
  fc.record({ type: fc.constant('reasoning' as const), text: fc.constant(''), redacted: text }),
  fc.record({ type: fc.constant('opaque' as const), dialect: fc.constant('d'), value: fc.constant({ a: [1] }) }),
)
const annotated = fc
  .tuple(block, extra)
  .map(([content, more]) => (more === undefined ? content : { ...content, extra: more }))
const reasons: FinishReason[] = ['stop', 'length', 'stop-sequence', 'tool-calls', 'content-filter', 'refusal', 'other']
const output = fc.record({
  blocks: fc.array(annotated, { maxLength: 6 }),
  finish: fc.record({ reason: fc.constantFrom(...reasons), raw: text }, { requiredKeys: ['reason'] }),
})
const usage = fc.record(
  { input: fc.nat(), output: fc.nat(), cacheRead: fc.nat(), cacheWrite: fc.nat(), reasoning: fc.nat() },
  { requiredKeys: ['input', 'output'] },
)
const results: fc.Arbitrary<Result> = fc.record(
  { id: text, model: text, created: fc.nat(), outputs: fc.array(output, { maxLength: 3 }), usage },
  { requiredKeys: ['id', 'model', 'outputs'] },
)

test('replaying any answer gives well-formed events that collect to the same answer', () => {
  fc.assert(
    fc.property(results, generated => {
      const result: Result = structuredClone(generated)
      const events = deepFreeze(replay(deepFreeze(result)))
      checkEventsKeepingUsage(events)
      assert.deepEqual(collect(events), result)
    }),
    { seed: 1 },
  )
})

/** The generated counts need not add up: this property is about order and content. */
function checkEventsKeepingUsage(events: readonly Event[]): void {
  checkEvents(events.map(event => (event.type === 'end' ? { type: 'end' } : event)))
}
