import { type TestContext, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { ConverseCommand, ConverseStreamCommand, type ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime'
import OpenAI from 'openai'
import { binary } from '../dialects/bedrock-wire.ts'
import { byteByByte, CUT, whole } from '../upstream.ts'
import {
  type Bench,
  binaryStream,
  CALLER,
  clientOf,
  converse,
  eventStream,
  MODEL,
  setUpBedrock,
  TOOLS,
  textDelta,
} from './bedrock.ts'

const ASKED = { modelId: 'chat', messages: [{ role: 'user' as const, content: [{ text: 'Hello' }] }] }
const MESSAGES = [{ role: 'user' as const, content: 'Hello' }]
const PATH = `/model/${encodeURIComponent(MODEL)}`

const TOOL_ANSWER = converse(
  [
    { text: 'Let me look.' },
    { toolUse: { toolUseId: 't1', name: 'weather', input: { city: '東京' } } },
    { toolUse: { toolUseId: 't2', name: 'now', input: {} } },
  ],
  'tool_use',
)

function openaiOf({ gateway }: Bench): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: CALLER, maxRetries: 0 })
}

function anthropicOf({ gateway }: Bench): Anthropic {
  return new Anthropic({ baseURL: gateway.url, apiKey: CALLER, maxRetries: 0 })
}

async function read(stream: AsyncIterable<ConverseStreamOutput> | undefined): Promise<ConverseStreamOutput[]> {
  const events: ConverseStreamOutput[] = []
  for await (const event of stream ?? []) events.push(event)
  return events
}

test("AWS's client asks Bedrock through the gateway, its body untouched", async (t: TestContext) => {
  const { client, upstream, gateway } = await setUpBedrock(t, whole(TOOL_ANSWER))
  const answer = await client.send(new ConverseCommand({ ...ASKED, inferenceConfig: { maxTokens: 100 } }))
  t.assert.equal(answer.stopReason, 'tool_use')
  t.assert.deepEqual(answer.output?.message?.content?.[1]?.toolUse?.input, { city: '東京' })
  t.assert.equal(answer.usage?.cacheReadInputTokens, 10)
  const { url, body, headers } = upstream.requests[0] ?? t.assert.fail()
  t.assert.equal(url, `${PATH}/converse`)
  t.assert.deepEqual(JSON.parse(body.toString()), { messages: ASKED.messages, inferenceConfig: { maxTokens: 100 } })
  t.assert.equal(headers.authorization, 'Bearer key-of-v')
  const line = await gateway.ended(1)
  t.assert.deepEqual([line.lane, line.model, line.stream], ['pass', 'chat', false])
})

test("AWS's client reads a stream of Bedrock's byte for byte, however it was cut", async (t: TestContext) => {
  const { client, upstream, gateway } = await setUpBedrock(t, binaryStream(byteByByte(binary(...TOOLS))))
  const { stream } = await client.send(new ConverseStreamCommand(ASKED))
  const events = await read(stream)
  t.assert.equal(events.map(event => event.contentBlockDelta?.delta?.text ?? '').join(''), 'Let me look.')
  t.assert.equal(events.at(-1)?.metadata?.usage?.totalTokens, 22)
  const { url, headers } = upstream.requests[0] ?? t.assert.fail()
  t.assert.equal(url, `${PATH}/converse-stream`)
  t.assert.equal(headers.accept, 'application/vnd.amazon.eventstream')
  const line = await gateway.ended(1)
  t.assert.deepEqual([line.lane, line.stream, line.failure], ['pass', true, undefined])
})

test('a name of a vendor and an ARN of a model may stand in the path', async (t: TestContext) => {
  const { client, upstream } = await setUpBedrock(t, whole(TOOL_ANSWER))
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/1arbu5hu2sjr-with-a-long-name'
  await client.send(new ConverseCommand({ ...ASKED, modelId: `v/${arn}` }))
  t.assert.equal(upstream.requests[0]?.url, `/model/${encodeURIComponent(arn)}/converse`)
})

test('a request is signed where there is an access key and no API key', async (t: TestContext) => {
  const aws = { region: 'eu-west-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  const { client, upstream } = await setUpBedrock(t, whole(TOOL_ANSWER), { apiKey: '', aws })
  await client.send(new ConverseCommand(ASKED))
  const { headers } = upstream.requests[0] ?? t.assert.fail()
  t.assert.match(headers.authorization ?? '', /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/bedrock\//)
  t.assert.match(headers.authorization ?? '', /SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date,/)
  t.assert.equal(headers.host, new URL(upstream.url).host)
})

test('B1, B4: the SDK of OpenAI reads tool calls of Bedrock, whole and streamed', async (t: TestContext) => {
  const bench = await setUpBedrock(t, whole(TOOL_ANSWER))
  const client = openaiOf(bench)
  const answer = await client.chat.completions.create({ model: 'chat', messages: MESSAGES })
  bench.upstream.use(eventStream(TOOLS))
  const streamed = client.chat.completions.stream({
    model: 'chat',
    messages: MESSAGES,
    stream_options: { include_usage: true },
  })
  const collected = await streamed.finalChatCompletion()
  for (const completion of [answer, collected]) {
    const [choice] = completion.choices
    t.assert.equal(choice?.finish_reason, 'tool_calls')
    t.assert.equal(choice?.message.content, 'Let me look.')
    t.assert.deepEqual(
      choice?.message.tool_calls?.map(
        call => call.type === 'function' && [call.id, call.function.name, call.function.arguments],
      ),
      [
        ['t1', 'weather', '{"city":"東京"}'],
        ['t2', 'now', '{}'],
      ],
    )
    t.assert.equal(completion.usage?.prompt_tokens, 17)
    t.assert.equal(completion.usage?.prompt_tokens_details?.cached_tokens, 10)
    t.assert.equal(completion.model, MODEL)
    t.assert.ok(completion.id.length > 0)
  }
})

test('B4: the SDK of Anthropic reads tool calls of Bedrock, whole and streamed', async (t: TestContext) => {
  const bench = await setUpBedrock(t, whole(TOOL_ANSWER))
  const client = anthropicOf(bench)
  const asked = { model: 'chat', max_tokens: 100, messages: MESSAGES }
  const answer = await client.messages.create(asked)
  bench.upstream.use(eventStream(TOOLS))
  for (const message of [answer, await client.messages.stream(asked).finalMessage()]) {
    t.assert.equal(message.stop_reason, 'tool_use')
    t.assert.deepEqual(
      message.content.map(block => (block.type === 'tool_use' ? block.input : block.type === 'text' && block.text)),
      ['Let me look.', { city: '東京' }, {}],
    )
    t.assert.deepEqual([message.usage.input_tokens, message.usage.cache_read_input_tokens], [7, 10])
  }
})

test('a refusal of Bedrock reaches its client as the exception that it is', async (t: TestContext) => {
  const refusal = { message: 'The provided model identifier is invalid.' }
  const headers = { 'x-amzn-errortype': 'ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/' }
  const { client } = await setUpBedrock(t, whole(refusal, { status: 400, headers }))
  await t.assert.rejects(client.send(new ConverseCommand(ASKED)), { name: 'ValidationException', ...refusal })
})

test('errors of the gateway are exceptions that AWS clients know', async (t: TestContext) => {
  const { client, gateway } = await setUpBedrock(t, whole(TOOL_ANSWER))
  await t.assert.rejects(client.send(new ConverseCommand({ ...ASKED, modelId: 'chit' })), {
    name: 'ResourceNotFoundException',
  })
  const stranger = clientOf(gateway, { token: { token: 'unknown-key' } })
  t.after(() => stranger.destroy())
  await t.assert.rejects(stranger.send(new ConverseCommand(ASKED)), { name: 'UnrecognizedClientException' })
})

const BROKEN: readonly (readonly [string, Parameters<typeof binaryStream>[0]])[] = [
  ['a bad checksum', [binary(...TOOLS.slice(0, 2)), damaged(), binary(...TOOLS.slice(2))]],
  ['an exception', [binary(...TOOLS.slice(0, 2), { modelStreamErrorException: { message: 'The model broke.' } })]],
  ['a cut', [binary(...TOOLS.slice(0, 2)), CUT]],
  ['an end inside of an event', [binary(...TOOLS.slice(0, 2)), binary(textDelta('x')).subarray(0, 9)]],
  ['an end without messageStop', [binary(...TOOLS.slice(0, 3))]],
]

function damaged(): Buffer {
  const bytes = binary(textDelta('damaged'))
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 0xff
  return bytes
}

for (const [name, pieces] of BROKEN) {
  test(`A12, A13: ${name} in a stream is an error in the client's dialect, counted, and its usage recorded`, async (t: TestContext) => {
    const bench = await setUpBedrock(t, binaryStream(pieces))
    const { stream } = await bench.client.send(new ConverseStreamCommand(ASKED))
    await t.assert.rejects(read(stream), { name: /^(ModelStreamErrorException|InternalServerException)$/ })
    const chunks = await openaiOf(bench).chat.completions.create({ model: 'chat', messages: MESSAGES, stream: true })
    await t.assert.rejects(async () => {
      for await (const chunk of chunks) t.assert.notEqual(chunk.choices[0]?.finish_reason, 'stop')
    }, OpenAI.APIError)
    for (const line of [await bench.gateway.ended(1), await bench.gateway.ended(2)]) {
      t.assert.match(String(line.failure), /^(network|upstream)$/)
      t.assert.deepEqual([line.estimated, Number(line.outputTokens) > 0], [true, true])
    }
    const metrics = await bench.gateway.metrics()
    const outcomes = [...metrics].filter(([key]) => key.startsWith('sluice_upstream_requests_total'))
    t.assert.equal(
      outcomes.some(([key, count]) => /outcome="(network|upstream)"/.test(key) && count === 2),
      true,
    )
  })
}

test('A10, A11: an exception before any content is answered with its status', async (t: TestContext) => {
  const throttled = eventStream([
    { messageStart: { role: 'assistant' } },
    { throttlingException: { message: 'Slow down.' } },
  ])
  const { client } = await setUpBedrock(t, throttled)
  await t.assert.rejects(client.send(new ConverseStreamCommand(ASKED)), { name: 'ThrottlingException' })
})
