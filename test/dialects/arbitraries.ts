import fc from 'fast-check'
import type { Block } from '../../src/call/block.ts'
import type { Call, Turn } from '../../src/call/call.ts'

/** Every run tries the same cases. */
export const FIXED = { seed: 20260801, numRuns: 200 }

export const text = fc.string({ unit: 'grapheme', maxLength: 12 })
export const word = fc.string({ minLength: 1, maxLength: 8 })
const unknown = fc.dictionary(
  word.map(name => `x_${name.replaceAll('.', '_')}`),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 2 },
)

/** An object with these members, and some that no dialect knows. */
export function wire<T>(
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
  requiredKeys: (keyof T)[],
): fc.Arbitrary<object> {
  const known = fc.record(model, { requiredKeys, noNullPrototype: true }) as fc.Arbitrary<object>
  return fc.tuple(known, unknown).map(([members, more]) => ({ ...more, ...members }))
}

const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text }),
  fc.record({ type: fc.constant('tool-call' as const), id: word, name: word, arguments: fc.json() }),
  fc.record({
    type: fc.constant('tool-result' as const),
    id: word,
    content: fc.array(fc.record({ type: fc.constant('text' as const), text }), { maxLength: 2 }),
  }),
  fc.record({ type: fc.constant('reasoning' as const), text, signature: word }, { requiredKeys: ['type', 'text'] }),
  fc.record({ type: fc.constant('opaque' as const), dialect: fc.constant('other'), value: fc.constant({ a: 1 }) }),
)
const turn: fc.Arbitrary<Turn> = fc.record({
  role: fc.constantFrom('system', 'user', 'assistant', 'tool'),
  blocks: fc.array(block, { maxLength: 4 }),
})
/** A call as a reader of another dialect makes it. */
export const foreignCall: fc.Arbitrary<Call> = fc.record({
  operation: fc.constant('chat' as const),
  dialect: fc.constant('other'),
  model: word,
  stream: fc.boolean(),
  turns: fc.array(turn, { maxLength: 4 }),
})

/** The call with a tool call for each of its results, before them all: stray ones are refused. */
export function withCalls(call: Call): Call {
  const calls: Block[] = []
  const turns = call.turns.map(({ blocks, ...turn }) => ({
    ...turn,
    blocks: blocks.map(block => {
      if (block.type !== 'tool-result') return block
      const id = `result_${calls.length}`
      calls.push({ type: 'tool-call', id, name: 'f', arguments: '{}' })
      return { ...block, id }
    }),
  }))
  return calls.length === 0 ? call : { ...call, turns: [{ role: 'assistant', blocks: calls }, ...turns] }
}
