import fc from 'fast-check'
import type { Block, TextBlock, ToolCallBlock } from '../../src/call/block.ts'
import type { Call, Tool, Turn } from '../../src/call/call.ts'
import type { FinishReason, Output, Result, Usage } from '../../src/call/result.ts'

function hexadecimal(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength, maxLength })
}

/** Long enough to be found again wherever it went, and with characters that escaping and cutting get wrong. */
const phrase = fc
  .tuple(hexadecimal(6, 12), fc.constantFrom('', ' ', '"', '\\', '\n', 'é', '日本', '😀', '</'))
  .map(([word, odd]) => `${word}${odd}said`)

const name = hexadecimal(4, 8).map(word => `f_${word}`)
const callId = hexadecimal(8, 16).map(word => `call_${word}`)
const argumentsText = fc
  .dictionary(name, fc.oneof(phrase, fc.integer(), fc.boolean()), { maxKeys: 3 })
  .map(value => JSON.stringify(value))

const text: fc.Arbitrary<TextBlock> = phrase.map(words => ({ type: 'text', text: words }))
const image: fc.Arbitrary<Block> = fc
  .base64String({ minLength: 16, maxLength: 24 })
  .map(data => ({ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data } }))
const toolCall: fc.Arbitrary<ToolCallBlock> = fc.record({
  type: fc.constant('tool-call' as const),
  id: callId,
  name,
  arguments: argumentsText,
})

const system: fc.Arbitrary<Turn[]> = fc
  .option(text, { nil: undefined })
  .map(block => (block === undefined ? [] : [{ role: 'system', blocks: [block] }]))
const asking: fc.Arbitrary<Turn> = fc
  .tuple(fc.array(image, { maxLength: 1 }), fc.array(text, { minLength: 1, maxLength: 2 }))
  .map(([images, texts]) => ({ role: 'user', blocks: [...images, ...texts] }))

/** A question, and possibly what came of it: an answer, calls with their results. */
const exchange: fc.Arbitrary<Turn[]> = fc
  .tuple(
    asking,
    fc.option(text, { nil: undefined }),
    fc.uniqueArray(toolCall, { maxLength: 2, selector: ({ id }) => id }),
    phrase,
  )
  .map(([question, answer, calls, result]) => {
    const blocks = [...(answer === undefined ? [] : [answer]), ...calls]
    const results: Turn[] = calls.map(({ id }) => ({
      role: 'tool',
      blocks: [{ type: 'tool-result', id, content: [{ type: 'text', text: result }] }],
    }))
    return blocks.length === 0 ? [question] : [question, { role: 'assistant', blocks }, ...results]
  })

const tool: fc.Arbitrary<Tool> = fc.record({
  name,
  description: phrase,
  parameters: fc
    .dictionary(name, fc.constant({ type: 'string' }), { minKeys: 1, maxKeys: 2 })
    .map(properties => ({ type: 'object', properties })),
})

const options: fc.Arbitrary<Partial<Call>> = fc.record(
  {
    maxTokens: fc.integer({ min: 2000, max: 9000 }),
    temperature: fc.constantFrom(0, 0.5, 1),
    topP: fc.constantFrom(0.125, 0.9),
    stop: fc.array(phrase, { minLength: 1, maxLength: 2 }),
    user: hexadecimal(6, 9),
    seed: fc.integer({ min: 10, max: 9999 }),
  },
  { requiredKeys: [] },
)

/** Calls that a careful client could make: of no dialect, so that any dialect has to say them. */
export const calls: fc.Arbitrary<Call> = fc
  .tuple(
    system,
    fc.array(exchange, { maxLength: 2 }),
    asking,
    fc.uniqueArray(tool, { maxLength: 2, selector: own => own.name }),
    options,
  )
  .map(([first, exchanges, last, tools, rest]) => ({
    operation: 'chat',
    dialect: 'none',
    model: 'some-model',
    stream: false,
    turns: [...first, ...exchanges.flat(), last],
    ...(tools.length > 0 && { tools }),
    ...rest,
  }))

const counts = fc.nat({ max: 5000 })
const usage: fc.Arbitrary<Usage> = fc
  .tuple(counts, counts, counts, counts)
  .map(([uncached, cacheRead, spoken, reasoning]) => ({
    input: uncached + cacheRead,
    output: spoken + reasoning,
    cacheRead,
    reasoning,
  }))

const reasoning: fc.Arbitrary<Block> = phrase.map(words => ({ type: 'reasoning', text: words }))

/** Reasoning first, then text and calls, as vendors answer. */
const output: fc.Arbitrary<Output> = fc
  .tuple(
    fc.option(reasoning, { nil: undefined }),
    fc.option(text, { nil: undefined }),
    fc.uniqueArray(toolCall, { maxLength: 3, selector: ({ id }) => id }),
    fc.constantFrom<FinishReason>('stop', 'length', 'content-filter'),
  )
  .map(([thought, said, own, reason]) => ({
    blocks: [thought, said, ...own].filter(block => block !== undefined),
    finish: { reason: own.length > 0 ? 'tool-calls' : reason },
  }))

/** Answers as any vendor might give them. */
export const results: fc.Arbitrary<Result> = fc.record({
  id: hexadecimal(8, 12),
  model: fc.constant('some-model'),
  created: fc.constant(1_700_000_000),
  outputs: output.map(only => [only]),
  usage,
})
