import { type TestContext, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { whole } from '../upstream.ts'
import { model, timesAsked, withModels } from './models.ts'
import { asked, type Bench, CHAT } from './setup.ts'

const WORDS = 'We are busy. Please try again in a few minutes. ✓'
const QUESTION = [{ role: 'user' as const, content: 'Hello' }]
const CRASH = whole({ error: { message: 'crashed', type: 'server_error' } }, { status: 500 })

function withCanned(t: TestContext, members: object = {}): Promise<Bench> {
  return withModels(t, [CRASH], { chat: model('a', { canned: WORDS, ...members }) })
}

test('the OpenAI SDK reads the canned words as an answer, whole and as a stream with its usage', async (t: TestContext) => {
  const { gateway } = await withCanned(t)
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
  const { data: answer, response } = await client.chat.completions
    .create({ model: 'chat', messages: QUESTION })
    .withResponse()
  t.assert.equal(answer.choices[0]?.message.content, WORDS)
  t.assert.equal(answer.choices[0]?.finish_reason, 'stop')
  t.assert.equal(answer.model, 'chat')
  t.assert.equal(answer.usage?.total_tokens, 0)
  t.assert.equal(response.headers.get('x-sluice-degraded'), 'canned')
  t.assert.equal(response.headers.get('x-sluice-target'), null, 'nobody answered')
  t.assert.equal(response.headers.get('x-sluice-attempts'), '1')

  const chunks = await client.chat.completions.create({
    model: 'chat',
    messages: QUESTION,
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let total: number | undefined
  for await (const chunk of chunks) {
    text += chunk.choices[0]?.delta.content ?? ''
    total = chunk.usage?.total_tokens ?? total
  }
  t.assert.equal(text, WORDS)
  t.assert.equal(total, 0)
})

test('the Anthropic SDK reads the canned words as a message, whole and as a stream', async (t: TestContext) => {
  const { gateway } = await withCanned(t)
  const client = new Anthropic({ baseURL: gateway.url, apiKey: 'none', maxRetries: 0 })
  const message = await client.messages.create({ model: 'chat', max_tokens: 100, messages: QUESTION })
  t.assert.deepEqual(message.content, [{ type: 'text', text: WORDS }])
  t.assert.equal(message.stop_reason, 'end_turn')
  const streamed = await client.messages.stream({ model: 'chat', max_tokens: 100, messages: QUESTION }).finalMessage()
  t.assert.deepEqual(
    streamed.content.map(block => block.type === 'text' && block.text),
    [WORDS],
  )
  t.assert.equal(streamed.stop_reason, 'end_turn')
  const line = await gateway.ended(2)
  t.assert.deepEqual([line.status, line.degraded, line.outputTokens], [200, 'canned', 0])
})

test('canned words need no attempt, and follow all who stand in', async (t: TestContext) => {
  const models = { chat: model('a', { canned: WORDS, degradeTo: ['small'] }), small: model('b') }
  const bench = await withModels(t, [CRASH, CRASH], models, {
    provider: { breaker: { minimumCalls: 1, openFor: '1h' } },
  })
  for (const attempts of ['2', '0']) {
    const response = await bench.gateway.post(CHAT, asked())
    t.assert.equal(response.status, 200)
    t.assert.equal(response.headers.get('x-sluice-attempts'), attempts)
  }
  t.assert.deepEqual(timesAsked(bench), [1, 1])
  const metrics = await bench.gateway.metrics()
  t.assert.equal(metrics.get('sluice_degraded_total{model="chat",step="canned"}'), 2)
})

for (const [name, members] of [
  ['JSON', { response_format: { type: 'json_object' } }],
  [
    'a tool call',
    { tools: [{ type: 'function', function: { name: 'look', parameters: {} } }], tool_choice: 'required' },
  ],
  ['something that only the vendor could read', { messages: 'what is this' }],
] as const) {
  test(`a client that asks for ${name} gets the error: words would be no answer to it`, async (t: TestContext) => {
    const { gateway } = await withCanned(t)
    const response = await gateway.post(CHAT, asked(members))
    t.assert.equal(response.status, 500)
    t.assert.equal(response.headers.get('x-sluice-degraded'), null)
  })
}
