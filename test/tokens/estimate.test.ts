import { type TestContext, test } from 'node:test'
import type { Block } from '../../src/call/block.ts'
import type { Call } from '../../src/call/call.ts'
import { estimateTokens } from '../../src/tokens/estimate.ts'
import { countTokens } from '../../src/tokens/tokenizer.ts'

function saying(...blocks: Block[]): Call {
  return { operation: 'chat', dialect: 'anthropic', model: 'm', stream: false, turns: [{ role: 'user', blocks }] }
}

const text = (words: string): Block => ({ type: 'text', text: words })

test('text is counted as a tokenizer counts it', async (t: TestContext) => {
  t.assert.equal(await countTokens(['hello world']), 2)
  t.assert.equal(await countTokens(['']), 0)
  t.assert.equal((await countTokens(['<|endoftext|>'])) > 1, true)
})

test('a megabyte of one letter neither takes long nor holds up the event loop', async (t: TestContext) => {
  const before = performance.eventLoopUtilization()
  const tokens = await countTokens(['a'.repeat(1_000_000)])
  t.assert.ok(tokens > 10_000 && tokens < 1_000_000, String(tokens))
  t.assert.ok(performance.eventLoopUtilization(before).active < 1_000)
})

test('a text that is too long to count is measured', async (t: TestContext) => {
  t.assert.equal(await countTokens(['a'.repeat(4_000_000)]), 1_000_000)
})

test('while many long texts wait to be counted others are measured, and are counted again afterwards', async (t: TestContext) => {
  const crowd = Array.from({ length: 8 }, () => countTokens(['word '.repeat(200_000)]))
  t.assert.equal(await countTokens(['hello world']), 3)
  await Promise.all(crowd)
  t.assert.equal(await countTokens(['hello world']), 2)
})

test('everything in a prompt counts: results, calls, tools, schemas; images and files at a flat rate', async (t: TestContext) => {
  const plain = await estimateTokens(saying(text('Hello')))
  t.assert.ok(plain > 1 && plain < 10, String(plain))
  const more = async (call: Call) => (await estimateTokens(call)) - plain
  const words = 'many words that have to be read '.repeat(20)
  const image: Block = { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } }
  const file: Block = { type: 'file', source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' } }
  t.assert.ok((await more(saying({ type: 'tool-result', id: 'c', content: [text(words)] }))) > 100)
  t.assert.ok(
    (await more(saying({ type: 'tool-call', id: 'c', name: 'f', arguments: JSON.stringify({ words }) }))) > 100,
  )
  t.assert.ok((await more({ ...saying(text('Hello')), tools: [{ name: 'f', description: words }] })) > 100)
  t.assert.equal(await more(saying(text('Hello'), image)), 1_600)
  t.assert.equal(await more(saying(text('Hello'), file)), 3_000)
})
