import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Block } from '../../src/call/block.ts'
import type { Call } from '../../src/call/call.ts'
import { limitToolWords, restoreName, restoreNames, type ToolLimits } from '../../src/call/tool-words.ts'
import { dialects } from '../../src/dialects/index.ts'
import { toolLimitsOf } from '../../src/dialects/tool-limits.ts'

const WORDS: ToolLimits = toolLimitsOf('openai-chat') as ToolLimits
const NINE: ToolLimits = { id: { fits: /^[A-Za-z0-9]{9}$/, length: 9, opaque: true }, name: WORDS.name }

/** A conversation in which each of these was called, and has answered. */
function conversation(ids: readonly string[], names: readonly string[]): Call {
  const name = (at: number): string => names[at % names.length] ?? 'tool'
  return {
    operation: 'chat',
    dialect: 'openai-chat',
    model: 'm',
    stream: false,
    turns: [
      {
        role: 'assistant',
        blocks: ids.map((id, at): Block => ({ type: 'tool-call', id, name: name(at), arguments: '{}' })),
      },
      { role: 'tool', blocks: ids.map((id): Block => ({ type: 'tool-result', id, content: [] })) },
    ],
    tools: names.map(each => ({ name: each })),
    toolChoice: { type: 'tool', name: name(0) },
  }
}

function wordsOf(call: Call) {
  const blocks = call.turns.flatMap(turn => turn.blocks)
  return {
    called: blocks.flatMap(block => (block.type === 'tool-call' ? [block.id] : [])),
    answered: blocks.flatMap(block => (block.type === 'tool-result' ? [block.id] : [])),
    used: blocks.flatMap(block => (block.type === 'tool-call' ? [block.name] : [])),
    offered: (call.tools ?? []).map(({ name }) => name),
    chosen: call.toolChoice?.type === 'tool' ? call.toolChoice.name : undefined,
  }
}

const word = fc.string({ minLength: 1, maxLength: 120, unit: 'grapheme' })
const words = fc.uniqueArray(word, { minLength: 1, maxLength: 8 })

for (const [target, limits] of [
  ['OpenAI', WORDS],
  ['Mistral', NINE],
] as const) {
  test(`B9: whatever the ids and names are, ${target} gets ones it takes: one for one, the same on call and result`, () => {
    fc.assert(
      fc.property(words, words, (ids, names) => {
        const { call, names: made } = limitToolWords(conversation(ids, names), limits)
        const { called, answered, used, offered, chosen } = wordsOf(call)
        assert.ok(called.every(id => limits.id.fits.test(id)))
        assert.ok(offered.every(name => limits.name.fits.test(name)))
        assert.deepEqual(answered, called)
        assert.equal(new Set(called).size, ids.length)
        assert.equal(new Set(offered).size, names.length)
        assert.equal(chosen, offered[0])
        assert.deepEqual(
          offered.map(name => made.get(name) ?? name),
          names,
        )
        assert.ok(used.every(name => offered.includes(name)))
      }),
    )
  })

  test(`B9: for ${target} a word becomes the same in every turn, so that the vendor's cache hits`, () => {
    fc.assert(
      fc.property(words, word, (ids, later) => {
        fc.pre(!ids.includes(later))
        const before = wordsOf(limitToolWords(conversation(ids, ['f']), limits).call).called
        const after = wordsOf(limitToolWords(conversation([...ids, later], ['f']), limits).call).called
        assert.deepEqual(after.slice(0, ids.length), before)
      }),
    )
  })
}

test('a call whose words fit stays the same object', () => {
  const call = conversation(['call_1', 'toolu_01A'], ['get_weather'])
  assert.equal(limitToolWords(call, WORDS).call, call)
})

test('B10: a made-up name begins as the one that it stands for, and two that differ at the end stay two', () => {
  const long = 'mcp.server:'.repeat(9)
  const { call } = limitToolWords(conversation(['c1'], [`${long}a`, `${long}b`, '1st']), WORDS)
  const { offered } = wordsOf(call)
  assert.match(offered[0] ?? '', /^mcp_server_mcp_server_/)
  assert.equal(new Set(offered).size, 3)
  assert.equal(offered[2], '1st')
})

test("B10: answers and streams have the client's own names again", () => {
  const name = 'files.read:all'
  const { names } = limitToolWords(conversation(['c1'], [name]), WORDS)
  const [made] = [...names.keys()]
  const content: Block = { type: 'tool-call', id: 'c2', name: made as string, arguments: '{}' }
  const result = restoreNames(
    { id: 'r', model: 'm', outputs: [{ blocks: [content], finish: { reason: 'tool-calls' } }] },
    names,
  )
  assert.deepEqual(result.outputs[0]?.blocks, [{ ...content, name }])
  const event = restoreName({ type: 'block-open', output: 0, block: 0, content }, names)
  assert.deepEqual(event, { type: 'block-open', output: 0, block: 0, content: { ...content, name } })
})

test('every dialect has its limits in the table', () => {
  for (const name of Object.keys(dialects)) assert.ok(toolLimitsOf(name), name)
})
