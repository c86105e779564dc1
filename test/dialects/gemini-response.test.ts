import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../src/call/block.ts'
import { replay } from '../../src/call/replay.ts'
import type { Finish, FinishReason, Result, Usage } from '../../src/call/result.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { collect, deepFreeze, readStream } from './laws.ts'

const text: Block = { type: 'text', text: 'Hi' }
const look: Block = { type: 'tool-call', id: 'a', name: 'look', arguments: '{"at":1}' }

function read(candidate: object): Result {
  return gemini.readResponse({ candidates: [{ index: 0, ...candidate }], modelVersion: 'm', responseId: 'r' } as never)
}

function result(blocks: readonly Block[], finish: Finish, usage?: Usage): Result {
  return deepFreeze({ id: 'msg_1', model: 'm', outputs: [{ blocks, finish }], ...(usage && { usage }) })
}

/** A result as a client of Gemini reads it, whole and streamed. */
function write(answer: Result): { body: object; losses: string[] } {
  const { body, losses } = gemini.writeResponse(answer)
  const writer = gemini.eventWriter({} as never)
  const frames = replay(answer).flatMap(event => writer.push(event))
  const streamed = collect(readStream(gemini, frames.map(({ data }) => `data: ${data}\n\n`).join('')))
  const whole = gemini.readResponse(JSON.parse(JSON.stringify(body)))
  assert.deepEqual(
    streamed.outputs.map(output => output.blocks),
    whole.outputs.map(output => output.blocks),
  )
  assert.deepEqual(
    streamed.outputs.map(output => output.finish),
    whole.outputs.map(output => output.finish),
  )
  assert.deepEqual(streamed.usage, whole.usage)
  assert.deepEqual(
    writer.losses.map(({ path }) => path),
    losses.map(({ path }) => path),
  )
  return { body, losses: losses.map(({ path }) => path) }
}

test('an answer of another dialect is a whole answer of Gemini, streamed or not', () => {
  const reasoning: Block = { type: 'reasoning', text: 'Hm.', signature: 'c2ln' }
  const usage = { input: 10, output: 7, cacheRead: 4, reasoning: 3 }
  const { body, losses } = write(result([reasoning, text, look], { reason: 'tool-calls', raw: 'tool_use' }, usage))
  assert.deepEqual(body, {
    candidates: [
      {
        content: {
          parts: [
            { text: 'Hm.', thought: true, thoughtSignature: 'c2ln' },
            { text: 'Hi' },
            { functionCall: { id: 'a', name: 'look', args: { at: 1 } } },
          ],
          role: 'model',
        },
        finishReason: 'STOP',
        index: 0,
      },
    ],
    usageMetadata: {
      promptTokenCount: 10,
      candidatesTokenCount: 4,
      totalTokenCount: 17,
      cachedContentTokenCount: 4,
      thoughtsTokenCount: 3,
    },
    modelVersion: 'm',
    responseId: 'msg_1',
  })
  assert.deepEqual(losses, [])
})

test('arguments that a limit has cut are an empty object, and a loss', () => {
  const cut: Block = { type: 'tool-call', id: 'a', name: 'look', arguments: '{"at":' }
  const { losses } = write(result([cut], { reason: 'length' }))
  assert.deepEqual(losses, ['candidates.0.content'])
})

test('encrypted reasoning is a loss', () => {
  const { losses } = write(result([{ type: 'reasoning', text: '', redacted: 'ZW5j' }, text], { reason: 'stop' }))
  assert.deepEqual(losses, ['candidates.0.content'])
})

for (const [word, reason] of [
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['MALFORMED_FUNCTION_CALL', 'other'],
  ['A_WORD_OF_TOMORROW', 'other'],
] as const) {
  test(`B5: finishReason ${word} means ${reason}`, () => {
    const { outputs } = read({ content: { parts: [{ text: 'x' }], role: 'model' }, finishReason: word })
    assert.deepEqual(outputs[0]?.finish, { reason, raw: word })
  })
}

for (const [reason, word] of [
  ['stop', 'STOP'],
  ['stop-sequence', 'STOP'],
  ['tool-calls', 'STOP'],
  ['pause', 'STOP'],
  ['length', 'MAX_TOKENS'],
  ['content-filter', 'SAFETY'],
  ['refusal', 'SAFETY'],
  ['other', 'OTHER'],
] as const satisfies readonly (readonly [FinishReason, string])[]) {
  test(`B5: ${reason} is finishReason ${word}`, () => {
    const { body } = gemini.writeResponse(result([text], { reason }))
    assert.equal((body as { candidates: { finishReason: string }[] }).candidates[0]?.finishReason, word)
  })
}

test('B5: a limit that is met during a tool call stays the limit', () => {
  const call = { functionCall: { name: 'look', args: {} } }
  const { outputs } = read({ content: { parts: [call], role: 'model' }, finishReason: 'MAX_TOKENS' })
  assert.equal(outputs[0]?.finish.reason, 'length')
})

test('B4: text and a tool call end as tool calls for clients of every dialect', () => {
  const parts = [{ text: 'Hi' }, { functionCall: { name: 'look', args: { at: 1 } } }]
  const answer = read({ content: { parts, role: 'model' }, finishReason: 'STOP' })
  assert.match(JSON.stringify(openaiChat.writeResponse(answer).body), /"finish_reason":"tool_calls"/)
  assert.match(JSON.stringify(anthropic.writeResponse(answer).body), /"stop_reason":"tool_use"/)
})

test('B1: three calls behind a text are numbered 0, 1, 2 for a chat client, streamed', () => {
  const call = (at: number) => ({ functionCall: { name: 'look', args: { at } } })
  const chunk = (parts: object[], more: object = {}) =>
    `data: ${JSON.stringify({ candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }], responseId: 'r' })}\n\n`
  const body = [chunk([{ text: 'Hi' }]), chunk([call(1), call(2)]), chunk([call(3)], { finishReason: 'STOP' })].join('')
  const writer = openaiChat.eventWriter({} as never)
  const frames = readStream(gemini, body).flatMap(event => writer.push(event))
  const sent = frames.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data).choices[0].delta)
  const calls = sent.flatMap(delta => delta.tool_calls ?? [])
  assert.deepEqual(
    calls.filter(item => item.id).map(({ index, id, function: { name } }) => [index, id, name]),
    [
      [0, 'call_r_0', 'look'],
      [1, 'call_r_1', 'look'],
      [2, 'call_r_2', 'look'],
    ],
  )
  const spoken = [0, 1, 2].map(index =>
    calls
      .filter(item => item.index === index)
      .map(item => item.function.arguments)
      .join(''),
  )
  assert.deepEqual(spoken, ['{"at":1}', '{"at":2}', '{"at":3}'])
})

test('a prompt that was refused is an empty answer that was filtered', () => {
  const answer = gemini.readResponse({ promptFeedback: { blockReason: 'SAFETY' } })
  assert.deepEqual(answer.outputs, [{ blocks: [], finish: { reason: 'content-filter', raw: 'SAFETY' } }])
  assert.match(JSON.stringify(openaiChat.writeResponse(answer).body), /"finish_reason":"content_filter"/)
})

test('usage: thoughts are output, what tools brought in is input, what was cached is part of it', () => {
  const usageMetadata = {
    promptTokenCount: 20,
    toolUsePromptTokenCount: 5,
    candidatesTokenCount: 7,
    thoughtsTokenCount: 3,
    cachedContentTokenCount: 8,
    totalTokenCount: 35,
  }
  const { usage } = gemini.readResponse({ candidates: [], promptFeedback: {}, usageMetadata })
  assert.deepEqual(usage, {
    input: 25,
    output: 10,
    cacheRead: 8,
    reasoning: 3,
    raw: { dialect: 'gemini', value: usageMetadata },
  })
})

test('what is no answer is not taken for one', () => {
  for (const json of [{}, [], null, 'x', { error: {} }]) assert.throws(() => gemini.readResponse(json))
})
