import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Call } from '../../src/call/call.ts'
import { replay } from '../../src/call/replay.ts'
import type { FinishReason, Result } from '../../src/call/result.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { FIXED, foreignCall, text, wire, withCalls, word } from './arbitraries.ts'
import { checkEvents, checkRequest, collect, deepFreeze } from './laws.ts'

const part = fc.oneof(
  wire({ type: fc.constantFrom('input_text', 'output_text', 'text'), text }, ['type', 'text']),
  wire({ type: fc.constant('refusal'), refusal: text }, ['type', 'refusal']),
  wire({ type: fc.constant('input_image'), image_url: text, detail: word, file_id: fc.constant(null) }, ['type']),
  wire({ type: fc.constant('input_file'), file_data: text, filename: word }, ['type']),
  wire({ type: fc.constant('input_file'), file_url: text }, ['type', 'file_url']),
  wire({ type: fc.constant('other'), other: text }, ['type']),
)
const roles = fc.constantFrom('system', 'developer', 'user', 'assistant')
const summary = fc.array(wire({ type: fc.constant('summary_text'), text }, ['type', 'text']), { maxLength: 3 })
const item = fc.oneof(
  wire(
    {
      role: roles,
      content: fc.oneof(text, fc.array(part, { maxLength: 3 })),
      type: fc.constant('message'),
      id: word,
      phase: word,
    },
    ['role', 'content'],
  ),
  wire({ type: fc.constant('reasoning'), id: word, summary, encrypted_content: fc.option(word) }, ['type', 'summary']),
  wire({ type: fc.constant('function_call'), call_id: word, name: word, arguments: fc.json(), status: word }, [
    'type',
    'call_id',
    'name',
    'arguments',
  ]),
  wire(
    {
      type: fc.constant('function_call_output'),
      call_id: word,
      output: fc.oneof(text, fc.array(part, { maxLength: 2 })),
    },
    ['type', 'call_id', 'output'],
  ),
  wire({ type: fc.constantFrom('web_search_call', 'custom_tool_call_output', 'item_reference'), id: word }, ['type']),
)
const request = wire(
  {
    model: word,
    input: fc.oneof(text, fc.array(item, { minLength: 1, maxLength: 5 })),
    instructions: fc.option(text),
    stream: fc.boolean(),
    temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
    max_output_tokens: fc.option(fc.nat()),
    store: fc.option(fc.boolean()),
    include: fc.array(fc.constantFrom('reasoning.encrypted_content', 'other')),
    reasoning: wire({ effort: word, summary: word }, []),
    text: wire({ verbosity: word, format: wire({ type: fc.constantFrom('text', 'json_object') }, ['type']) }, []),
    tool_choice: fc.oneof(word, fc.constant(null)),
  },
  ['model', 'input'],
)

test('any well-typed request comes back as it was', () => {
  fc.assert(
    fc.property(request, json => checkRequest(openaiResponses, JSON.parse(JSON.stringify(json)))),
    FIXED,
  )
})

test('any JSON at all is either read or refused with a member named', () => {
  const names = fc.constantFrom('model', 'input', 'tools', 'text', 'reasoning')
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(names, fc.jsonValue()), request), json => {
      try {
        openaiResponses.readRequest({ json: JSON.parse(JSON.stringify(json)) })
      } catch (error) {
        assert.ok((error as { param?: string }).param)
      }
    }),
    FIXED,
  )
})

test('any call of another dialect becomes a request that can be read; opaque blocks and reasoning are losses', () => {
  fc.assert(
    fc.property(foreignCall, call => {
      const { body, losses } = openaiResponses.writeRequest(deepFreeze(structuredClone(withCalls(call))))
      openaiResponses.readRequest({ json: JSON.parse(JSON.stringify(body)) })
      const blocks = call.turns.flatMap(({ blocks }) => blocks)
      assert.ok(losses.length >= blocks.filter(({ type }) => type === 'opaque' || type === 'reasoning').length)
    }),
    FIXED,
  )
})

const reasons: FinishReason[] = ['stop', 'length', 'tool-calls', 'content-filter']
const answerBlock = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: word }),
  fc.record({ type: fc.constant('text' as const), text: word, refusal: fc.constant(true) }),
  fc.record({ type: fc.constant('tool-call' as const), id: fc.uuid(), name: word, arguments: fc.json() }),
  fc.record(
    { type: fc.constant('reasoning' as const), text: word, signature: word },
    { requiredKeys: ['type', 'text'] },
  ),
  fc.record({ type: fc.constant('reasoning' as const), text: fc.constant(''), redacted: word }),
)
const answer = fc.record({
  blocks: fc.array(answerBlock, { maxLength: 5 }),
  finish: fc.record({ reason: fc.constantFrom(...reasons) }),
})
const results = fc.record({ id: word, model: word, outputs: fc.array(answer, { minLength: 1, maxLength: 1 }) })
const client: Call = { operation: 'chat', dialect: 'openai-responses', model: 'm', stream: true, turns: [] }

test('any answer that is streamed to a client says what it says without a stream, to the last item', () => {
  fc.assert(
    fc.property(results, generated => {
      const result: Result = structuredClone(generated)
      const writer = openaiResponses.eventWriter(client)
      const reader = openaiResponses.eventReader()
      const frames = replay(result).flatMap(event => writer.push(deepFreeze(event)))
      const events = frames.flatMap(frame => reader.push(frame))
      checkEvents(events)
      const written = JSON.parse(JSON.stringify(openaiResponses.writeResponse(result).body))
      assert.deepEqual(said(collect(events)), said(openaiResponses.readResponse(written)))
      const told = JSON.parse(frames.at(-1)?.data ?? '').response
      assert.deepEqual([told.output, told.status], [written.output, written.status])
    }),
    FIXED,
  )
})

function said({ outputs }: Result): unknown {
  return outputs.map(({ blocks, finish }) => [
    blocks.map(({ extra: _, ...block }) => ('signature' in block ? block : { ...block })),
    finish.reason,
  ])
}

const small = fc.jsonValue({ maxDepth: 1 })
const types = fc.constantFrom(
  ...['response.created', 'response.output_item.added', 'response.output_item.done', 'response.content_part.added'],
  ...['response.content_part.done', 'response.output_text.delta', 'response.output_text.annotation.added'],
  ...['response.refusal.delta', 'response.function_call_arguments.delta', 'response.reasoning_summary_text.delta'],
  ...['response.reasoning_summary_text.done', 'response.completed', 'response.failed', 'error', 'response.tomorrow'],
)
const members = fc.dictionary(
  fc.constantFrom(
    'type',
    'id',
    'call_id',
    'name',
    'arguments',
    'summary',
    'content',
    'output',
    'status',
    'text',
    'usage',
  ),
  fc.oneof(small, fc.constantFrom('message', 'reasoning', 'function_call', 'output_text', 'refusal', 'completed')),
  { maxKeys: 4 },
)
const chunk = fc.record(
  {
    type: types,
    response: fc.oneof(members, small),
    item: fc.oneof(members, small),
    part: fc.oneof(members, small),
    output_index: fc.oneof(fc.nat(2), small),
    content_index: fc.nat(1),
    summary_index: fc.nat(1),
    delta: fc.oneof(text, small),
    annotation: small,
  },
  { requiredKeys: ['type'] },
)
const garbage = fc.oneof(
  { weight: 8, arbitrary: chunk.map(value => JSON.stringify(value)) },
  { weight: 1, arbitrary: small.map(value => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.constantFrom('[DONE]', '', '{') },
)

test('no frame at all makes the reader throw or break the grammar of events', () => {
  const begun = JSON.stringify({ type: 'response.created', response: { id: 'r', model: 'm', output: [] } })
  fc.assert(
    fc.property(fc.array(garbage, { maxLength: 8 }), frames => {
      const reader = openaiResponses.eventReader()
      const events = [...[begun, ...frames].flatMap(data => reader.push({ data })), ...reader.end()]
      checkEvents(events)
      collect(events)
    }),
    { ...FIXED, numRuns: 1000 },
  )
})

test('no body at all makes readError throw, and readResponse throws or reads', () => {
  fc.assert(
    fc.property(fc.jsonValue(), json => {
      assert.ok(openaiResponses.readError(400, json as never).message.length >= 0)
      try {
        openaiResponses.readResponse(json as never)
      } catch (error) {
        assert.match((error as Error).message, /not a response/)
      }
    }),
    FIXED,
  )
})
