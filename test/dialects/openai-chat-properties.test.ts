import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Block } from '../../src/call/block.ts'
import type { Call } from '../../src/call/call.ts'
import { replay } from '../../src/call/replay.ts'
import type { FinishReason, Result } from '../../src/call/result.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { FIXED, foreignCall, text, wire, withCalls, word } from './arbitraries.ts'
import { checkEvents, checkRequest, collect, deepFreeze } from './laws.ts'

const part = fc.oneof(
  wire({ type: fc.constant('text'), text }, ['type', 'text']),
  wire({ type: fc.constant('image_url'), image_url: wire({ url: text, detail: word }, ['url']) }, [
    'type',
    'image_url',
  ]),
  wire({ type: fc.constant('file'), file: wire({ file_data: text, filename: word }, ['file_data']) }, ['type', 'file']),
  wire({ type: fc.constant('other'), other: text }, ['type']),
)
const content = fc.oneof(text, fc.constant(null), fc.array(part, { maxLength: 3 }))
const toolCall = wire(
  {
    id: word,
    type: fc.constant('function'),
    function: wire({ name: word, arguments: fc.json() }, ['name', 'arguments']),
  },
  ['id', 'function'],
)
const message = fc.oneof(
  wire({ role: fc.constantFrom('system', 'developer', 'user'), content, name: word }, ['role']),
  wire(
    {
      role: fc.constant('assistant'),
      content,
      refusal: fc.option(text),
      tool_calls: fc.option(fc.array(toolCall, { maxLength: 2 })),
      reasoning_content: text,
      reasoning: text,
    },
    ['role'],
  ),
  wire({ role: fc.constant('tool'), content, tool_call_id: word }, ['role', 'tool_call_id']),
)
const request = wire(
  {
    model: word,
    messages: fc.array(message, { maxLength: 4 }),
    stream: fc.boolean(),
    temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
    max_tokens: fc.nat(),
    max_completion_tokens: fc.nat(),
    stop: fc.oneof(text, fc.array(text), fc.constant(null)),
    reasoning_effort: word,
    tool_choice: fc.oneof(word, fc.constant(null)),
    stream_options: wire({ include_usage: fc.boolean() }, []),
  },
  ['model', 'messages'],
)

test('any well-typed request comes back as it was', () => {
  fc.assert(
    fc.property(request, json => checkRequest(openaiChat, JSON.parse(JSON.stringify(json)))),
    FIXED,
  )
})

test('any JSON at all is either read or refused with a member named', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.dictionary(fc.constantFrom('model', 'messages', 'tools', 'stop', 'role'), fc.jsonValue()), request),
      json => {
        try {
          openaiChat.readRequest({ json: JSON.parse(JSON.stringify(json)) })
        } catch (error) {
          assert.ok((error as { param?: string }).param)
        }
      },
    ),
    FIXED,
  )
})

test('any call of another dialect becomes a request that can be read, opaque blocks are losses', () => {
  fc.assert(
    fc.property(foreignCall, call => {
      const { body, losses } = openaiChat.writeRequest(deepFreeze(structuredClone(withCalls(call))))
      openaiChat.readRequest({ json: JSON.parse(JSON.stringify(body)) })
      const opaque = call.turns.flatMap(({ blocks }) => blocks.filter(({ type }) => type === 'opaque'))
      assert.ok(losses.length >= opaque.length)
    }),
    FIXED,
  )
})

const reasons: FinishReason[] = ['stop', 'length', 'tool-calls', 'content-filter']
const answerBlock = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: word }),
  fc.record({ type: fc.constant('tool-call' as const), id: fc.uuid(), name: word, arguments: fc.json() }),
  fc.record({ type: fc.constant('reasoning' as const), text: word }),
)
const answer = fc.record({
  blocks: fc.array(answerBlock, { maxLength: 5 }),
  finish: fc.record({ reason: fc.constantFrom(...reasons) }),
})
const results = fc.record({ id: word, model: word, outputs: fc.array(answer, { minLength: 1, maxLength: 3 }) })

test('any answer that is streamed to a client says what it says without a stream', () => {
  fc.assert(
    fc.property(results, generated => {
      const result: Result = structuredClone(generated)
      const call: Call = { operation: 'chat', dialect: 'openai-chat', model: 'm', stream: true, turns: [] }
      const writer = openaiChat.eventWriter(call)
      const reader = openaiChat.eventReader()
      const events = replay(result)
        .flatMap(event => writer.push(deepFreeze(event)))
        .flatMap(frame => reader.push(frame))
      checkEvents(events)
      const whole = openaiChat.readResponse(JSON.parse(JSON.stringify(openaiChat.writeResponse(result).body)))
      assert.deepEqual(said(collect(events)), said(whole))
    }),
    FIXED,
  )
})

/** Text, reasoning and calls of each output; a chat completion does not keep their order among each other. */
function said(result: Result): unknown {
  return result.outputs.map(({ blocks, finish }) => {
    const ofType = (type: Block['type']): string =>
      blocks
        .filter(item => item.type === type)
        .map(item => ('text' in item ? item.text : ''))
        .join('')
    const calls = blocks.flatMap(item => (item.type === 'tool-call' ? [[item.id, item.name, item.arguments]] : []))
    return [ofType('text'), ofType('reasoning'), calls, finish.reason]
  })
}

const small = fc.jsonValue({ maxDepth: 1 })
const item = fc.dictionary(fc.constantFrom('index', 'id', 'type', 'function', 'text', 'thinking'), small, {
  maxKeys: 4,
})
const pieces = fc.oneof(small, fc.array(item, { maxLength: 2 }))
const members = ['content', 'tool_calls', 'reasoning', 'reasoning_details', 'audio', 'function_call', 'refusal']
const choice = fc.record({
  index: fc.oneof(fc.nat(2), fc.nat(2), small),
  delta: fc.dictionary(fc.constantFrom(...members), pieces, { maxKeys: 4 }),
  finish_reason: fc.oneof(fc.constant(null), small),
})
const chunk = fc.record({ choices: fc.array(choice, { maxLength: 2 }), usage: small })
const garbage = fc.oneof(
  { weight: 6, arbitrary: chunk.map(value => JSON.stringify(value)) },
  { weight: 1, arbitrary: small.map(value => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.constantFrom('[DONE]', '', '{') },
)

test('no frame at all makes the reader throw or break the grammar of events', () => {
  fc.assert(
    fc.property(fc.array(garbage, { maxLength: 6 }), frames => {
      const reader = openaiChat.eventReader()
      const events = [...frames.flatMap(data => reader.push({ data })), ...reader.end()]
      checkEvents(events)
      collect(events)
    }),
    { ...FIXED, numRuns: 1000 },
  )
})

test('no body at all makes readError throw, and readResponse throws or reads', () => {
  fc.assert(
    fc.property(fc.jsonValue(), json => {
      assert.ok(openaiChat.readError(400, json as never).message.length >= 0)
      try {
        openaiChat.readResponse(json as never)
      } catch (error) {
        assert.match((error as Error).message, /not a chat completion/)
      }
    }),
    FIXED,
  )
})
