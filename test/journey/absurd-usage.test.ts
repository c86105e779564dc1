import { type TestContext, test } from 'node:test'
import { stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { CHAT_USAGE, chatStream, chunk, completion, event, MESSAGE_DELTA, message, messageStream } from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from './setup.ts'

/** -1, as it comes from a vendor that has no sign. */
const ABSURD = 2 ** 32 - 1
const WORDS = ['Hello', ' you']
const STREAMED = Math.ceil(WORDS.join('').length / 4)

const CHAT_REPORT = chunk({}, { choices: [], usage: { ...CHAT_USAGE, completion_tokens: ABSURD } })
const MESSAGE_REPORT = event('message_delta', {
  delta: { stop_reason: 'end_turn', stop_sequence: null },
  usage: { output_tokens: ABSURD },
})

for (const [type, frames] of [
  ['vllm', chatStream(...WORDS).toSpliced(-1, 0, CHAT_REPORT)],
  ['anthropic', messageStream(...WORDS).map(frame => (frame === MESSAGE_DELTA ? MESSAGE_REPORT : frame))],
] as const) {
  for (const path of [CHAT, MESSAGES]) {
    test(`a stream that reports what cannot be true is metered by estimate: ${type}, ${path}`, async (t: TestContext) => {
      const { gateway } = await setUp(t, [stream(frames)], { types: [type] })
      await new Client(gateway.url + path, askedMessage({ stream: true })).over()
      const { inputTokens, outputTokens, estimated } = await gateway.ended(1)
      t.assert.deepEqual([inputTokens, outputTokens, estimated], [7, STREAMED, true])
    })
  }
}

const CALLER = { name: 'caller', key: 'key-of-the-caller-1', limits: { tokensPerMinute: 60, tokenBurst: 1000 } }

for (const [type, answer] of [
  ['openai-compatible', completion('Hello', { usage: { ...CHAT_USAGE, prompt_tokens: ABSURD } })],
  ['anthropic', message('Hello', { usage: { input_tokens: -1, output_tokens: 5 } })],
] as const) {
  for (const path of [CHAT, MESSAGES]) {
    test(`an answer that reports what cannot be true costs what was reserved for it: ${type}, ${path}`, async (t: TestContext) => {
      const { gateway } = await setUp(t, [whole(answer)], { types: [type], config: { keys: [CALLER] } })
      const ask = () => gateway.post(path, askedMessage({ max_tokens: 400 }), { 'x-api-key': CALLER.key })
      await (await ask()).text()
      const { inputTokens } = await gateway.ended(1)
      t.assert.equal(inputTokens, undefined)
      const left = Number((await ask()).headers.get('x-ratelimit-remaining-tokens'))
      t.assert.equal(left < 200, true, `${left} left`)
    })
  }
}

test('a report in which only a detail cannot be true is taken', async (t: TestContext) => {
  const usage = { ...CHAT_USAGE, prompt_tokens_details: { cached_tokens: ABSURD } }
  const { gateway } = await setUp(t, [whole(completion('Hello', { usage }))])
  await (await gateway.post(CHAT, asked())).text()
  const { inputTokens, outputTokens, estimated } = await gateway.ended(1)
  t.assert.deepEqual([inputTokens, outputTokens, estimated], [7, 5, undefined])
})
