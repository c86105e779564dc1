import { type TestContext, test } from 'node:test'
import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type Message,
} from '@aws-sdk/client-bedrock-runtime'
import type { Upstream } from '../upstream.ts'
import { stream, whole } from '../upstream.ts'
import { clientOf } from './bedrock.ts'
import {
  chunk,
  completion,
  DONE,
  event,
  FINISH,
  MESSAGE_DELTA,
  MESSAGE_START,
  MESSAGE_STOP,
  REPORT,
  ROLE,
} from './frames.ts'
import { setUp } from './setup.ts'

const HELLO: Message = { role: 'user', content: [{ text: 'Weather?' }] }
const TOOL = { toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }
const ASKED = { modelId: 'chat', messages: [HELLO], toolConfig: { tools: [TOOL] } }

/** AWS's client before a gateway whose one vendor speaks OpenAI's or Anthropic's dialect. */
async function withVendor(t: TestContext, type: 'openai-compatible' | 'anthropic') {
  const { gateway, upstream } = await setUp(t, [whole({})], { types: [type] })
  const client = clientOf(gateway)
  t.after(() => client.destroy())
  return { client, upstream, gateway }
}

interface Said {
  text: string
  readonly calls: { id: string; name: string; input: string }[]
  stop: string | undefined
  tokens: number | undefined
}

async function streamed(client: BedrockRuntimeClient): Promise<Said> {
  const said: Said = { text: '', calls: [], stop: undefined, tokens: undefined }
  const { stream } = await client.send(new ConverseStreamCommand(ASKED))
  for await (const { contentBlockStart, contentBlockDelta, messageStop, metadata } of stream ?? []) {
    const call = contentBlockStart?.start?.toolUse
    if (call !== undefined) said.calls.push({ id: call.toolUseId ?? '', name: call.name ?? '', input: '' })
    said.text += contentBlockDelta?.delta?.text ?? ''
    const last = said.calls.at(-1)
    if (last !== undefined) last.input += contentBlockDelta?.delta?.toolUse?.input ?? ''
    said.stop ??= messageStop?.stopReason
    said.tokens ??= metadata?.usage?.totalTokens
  }
  return said
}

const CALLS = [{ index: 0, id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }]

test("AWS's client asks a vendor of OpenAI's dialect, with a round of tools, whole and streamed", async (t: TestContext) => {
  const { client, upstream } = await withVendor(t, 'openai-compatible')
  const message = { role: 'assistant', content: 'Let me look.', tool_calls: CALLS }
  upstream.use(whole(completion('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] })))
  const answer = await client.send(new ConverseCommand(ASKED))
  t.assert.equal(answer.stopReason, 'tool_use')
  t.assert.equal(answer.usage?.totalTokens, 12)
  await goOn(t, client, upstream, answer.output?.message)
  const sent = JSON.parse(upstream.requests[1]?.body.toString() ?? '') as { messages: { role: string }[] }
  t.assert.deepEqual(
    sent.messages.map(({ role }) => role),
    ['user', 'assistant', 'tool'],
  )

  const calls = chunk({ tool_calls: CALLS })
  upstream.use(
    stream([ROLE, chunk({ content: 'Let me look.' }), calls, FINISH.replace('"stop"', '"tool_calls"'), REPORT, DONE]),
  )
  t.assert.deepEqual(await streamed(client), {
    text: 'Let me look.',
    calls: [{ id: 'c1', name: 'weather', input: '{"city":"Rome"}' }],
    stop: 'tool_use',
    tokens: 12,
  })
})

/** Answers the model's first call, as a program would. */
async function goOn(t: TestContext, client: BedrockRuntimeClient, upstream: Upstream, turn?: Message): Promise<void> {
  const call = turn?.content?.find(block => block.toolUse !== undefined)?.toolUse
  t.assert.deepEqual(call?.input, { city: 'Rome' })
  upstream.use(whole(completion('Sunny.')))
  const result: Message = {
    role: 'user',
    content: [{ toolResult: { toolUseId: call?.toolUseId, content: [{ text: 'sunny' }] } }],
  }
  const answer = await client.send(new ConverseCommand({ ...ASKED, messages: [HELLO, turn as Message, result] }))
  t.assert.equal(answer.output?.message?.content?.[0]?.text, 'Sunny.')
  t.assert.equal(answer.stopReason, 'end_turn')
}

test("AWS's client asks a vendor of Anthropic's dialect, whole and streamed", async (t: TestContext) => {
  const { client, upstream } = await withVendor(t, 'anthropic')
  const call = { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Rome' } }
  const thinking = { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }
  upstream.use(
    whole({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [thinking, call],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 7, output_tokens: 5 },
    }),
  )
  const { output, stopReason } = await client.send(new ConverseCommand(ASKED))
  t.assert.equal(stopReason, 'tool_use')
  t.assert.deepEqual(output?.message?.content?.[0]?.reasoningContent?.reasoningText, { text: 'Hm.', signature: 'c2ln' })

  upstream.use(
    stream([
      MESSAGE_START,
      event('content_block_start', { index: 0, content_block: { ...call, input: {} } }),
      event('content_block_stop', { index: 0 }),
      MESSAGE_DELTA.replace('end_turn', 'tool_use'),
      MESSAGE_STOP,
    ]),
  )
  const said = await streamed(client)
  t.assert.deepEqual([said.calls, said.stop], [[{ id: 't1', name: 'weather', input: '{}' }], 'tool_use'])
})

test('what a Converse request says that the vendor has no word for is named, and strange requests are refused', async (t: TestContext) => {
  const { gateway, upstream } = await withVendor(t, 'openai-compatible')
  upstream.use(whole(completion()))
  const body = { messages: [HELLO], guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' } }
  const answer = await gateway.post('/model/chat/converse', body)
  t.assert.equal(answer.headers.get('x-sluice-losses'), 'guardrailConfig')
  const refused = await gateway.post('/model/chat/converse', { messages: 'Hello' })
  t.assert.equal(refused.status, 400)
  t.assert.deepEqual(await refused.json(), {
    __type: 'ValidationException',
    message: 'messages must be an array (SLUICE_REQUEST_INVALID)',
  })
  const lost = await gateway.post('/model/chat/invoke', {})
  t.assert.equal(((await lost.json()) as { __type: string }).__type, 'ResourceNotFoundException')
})
