import { test } from 'node:test'
import { stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import {
  CHAT_USAGE,
  chatStream,
  chatStreamWithUsage,
  chunk,
  completion,
  DONE,
  FINISH,
  MESSAGE_START,
  messageStream,
  parsed,
  REPORT,
  ROLE,
} from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from './setup.ts'

/** A vendor that reports the usage of a stream when it is asked to. */
const ON_REQUEST = { types: ['vllm'] } as const
const STREAM = asked({ stream: true })
const ASKING = asked({ stream: true, stream_options: { include_usage: true } })

test('A7: a client that asks for usage reads it once, last, and then [DONE]', async t => {
  const { gateway, upstream } = await setUp(t, [stream(chatStreamWithUsage('Hello'))], ON_REQUEST)
  const text = await new Client(gateway.url + CHAT, ASKING).whole()
  t.assert.equal(text, chatStreamWithUsage('Hello').join(''))
  t.assert.equal((await upstream.request(0)).body.includes('"stream_options":{"include_usage":true}'), true)
})

test('A7: a client that does not ask reads none, and the gateway still meters', async t => {
  const { gateway, upstream } = await setUp(t, [stream(chatStreamWithUsage('Hello'))], ON_REQUEST)
  t.assert.equal(await new Client(gateway.url + CHAT, STREAM).whole(), chatStream('Hello').join(''))
  const sent = JSON.parse(String((await upstream.request(0)).body))
  t.assert.deepEqual(sent.stream_options, { include_usage: true })
  const { inputTokens, outputTokens, estimated } = await gateway.ended(1)
  t.assert.deepEqual([inputTokens, outputTokens, estimated], [7, 5, undefined])
})

test('A7: where a message is translated, usage is told to those who ask, once', async t => {
  const { gateway } = await setUp(t, [stream(messageStream('Hello'))], { types: ['anthropic'] })
  const asking = parsed(await new Client(gateway.url + CHAT, ASKING).whole())
  const reports = asking.filter(({ json }) => json.usage !== undefined && json.usage !== null)
  t.assert.equal(reports.length, 1)
  t.assert.deepEqual(asking.at(-1)?.json.choices, [])
  const quiet = await new Client(gateway.url + CHAT, STREAM).whole()
  t.assert.doesNotMatch(quiet, /"usage":\{|"choices":\[\]/)
  t.assert.match(quiet, /data: \[DONE\]\n\n$/)
  t.assert.equal((await gateway.ended(2)).outputTokens, 5)
})

const OTHER = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 }

for (const [name, pieces] of [
  ['in the chunk before the last', [ROLE, chunk({ content: 'x' }, { usage: CHAT_USAGE }), FINISH, DONE]],
  [
    'cumulative in every chunk',
    [ROLE, chunk({ content: 'x' }, { usage: OTHER }), chunk({}, { usage: CHAT_USAGE }), DONE],
  ],
  ['taken back by null', [ROLE, chunk({ content: 'x' }, { usage: CHAT_USAGE }), chunk({}, { usage: null }), DONE]],
  ['twice', [ROLE, chunk({ content: 'x' }), FINISH, REPORT, REPORT, DONE]],
] as const) {
  test(`A8: usage ${name}: the last known value counts, once`, async t => {
    const { gateway } = await setUp(t, [stream(pieces)], ON_REQUEST)
    const text = await new Client(gateway.url + CHAT, STREAM).whole()
    t.assert.doesNotMatch(text, /"usage"/)
    const { inputTokens, outputTokens } = await gateway.ended(1)
    t.assert.deepEqual([inputTokens, outputTokens], [7, 5])
    const metrics = await gateway.metrics()
    const sum = (type: string) =>
      metrics.get(
        `gen_ai_client_token_usage_sum{gen_ai_provider_name="a",gen_ai_request_model="m",gen_ai_token_type="${type}"}`,
      )
    t.assert.deepEqual([sum('input'), sum('output')], [7, 5])
  })
}

test('A8: a message that reports its output as it grows is counted by its last report', async t => {
  const early = MESSAGE_START.replace('"output_tokens":1', '"output_tokens":3')
  const { gateway } = await setUp(t, [stream([early, ...messageStream('Hello').slice(1)])], { types: ['anthropic'] })
  await new Client(gateway.url + MESSAGES, askedMessage({ stream: true })).over()
  const { inputTokens, outputTokens } = await gateway.ended(1)
  t.assert.deepEqual([inputTokens, outputTokens], [7, 5])
})

test('a server that is asked for usage because the config says so reports it', async t => {
  const { gateway, upstream } = await setUp(t, [stream(chatStreamWithUsage('Hello'))], {
    provider: { askForUsage: true },
  })
  t.assert.equal(await new Client(gateway.url + CHAT, STREAM).whole(), chatStream('Hello').join(''))
  t.assert.match(String((await upstream.request(0)).body), /"include_usage":true/)
  const { inputTokens, outputTokens, estimated } = await gateway.ended(1)
  t.assert.deepEqual([inputTokens, outputTokens, estimated], [7, 5, undefined])
})

test('a server that is not asked, by its type or by the config, is metered by estimate', async t => {
  for (const [type, provider] of [
    ['openai-compatible', {}],
    ['vllm', { askForUsage: false }],
  ] as const) {
    const { gateway, upstream } = await setUp(t, [stream(chatStream('Hello', ' you'))], { types: [type], provider })
    await new Client(gateway.url + CHAT, STREAM).over()
    t.assert.doesNotMatch(String((await upstream.request(0)).body), /stream_options/)
    const { inputTokens, outputTokens, estimated } = await gateway.ended(1)
    t.assert.equal(Number(inputTokens) > 0, true)
    t.assert.deepEqual([outputTokens, estimated], [3, true])
  }
})

test('usage of a call without a stream is read off the bytes that are passed', async t => {
  const { gateway } = await setUp(t, [whole(completion())])
  await gateway.post(CHAT, asked())
  const { inputTokens, outputTokens, finish, lane } = await gateway.ended(1)
  t.assert.deepEqual([inputTokens, outputTokens, finish, lane], [7, 5, 'stop', 'pass'])
})
