import { type TestContext, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { messageStream } from '../journey/frames.ts'
import { breakerOf, MESSAGES, setUp } from '../journey/setup.ts'
import { stream, whole } from '../upstream.ts'

const CLAUDE = { types: ['anthropic'] } as const
const COUNT = '/v1/messages/count_tokens'
const MESSAGE = { role: 'user' as const, content: 'How many are we?' }
const ASKED = { model: 'chat', messages: [MESSAGE] }

test('B30: a vendor that counts is asked as it was, with its query and betas, and its count is the answer', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole({ input_tokens: 11 })], CLAUDE)
  const answer = await gateway.post(`${COUNT}?beta=true&key=secret`, ASKED, { 'anthropic-beta': 'token-counting' })
  t.assert.deepEqual(await answer.json(), { input_tokens: 11 })
  t.assert.equal(answer.headers.get('x-sluice-estimated'), null)
  t.assert.equal(answer.headers.get('x-sluice-target'), 'a/m')
  const seen = await upstream.request(0)
  t.assert.equal(seen.url, '/v1/messages/count_tokens?beta=true')
  t.assert.equal(seen.headers['anthropic-beta'], 'token-counting')
  t.assert.deepEqual(JSON.parse(seen.body.toString()), { ...ASKED, model: 'm' })
})

for (const [name, status] of [
  ['404', 404],
  ['429', 429],
  ['500', 500],
] as const) {
  test(`B30: a ${name} of the vendor's count gives way to an estimate, and its model stays well`, async (t: TestContext) => {
    const refusal = whole({ type: 'error', error: { type: 'not_found_error', message: 'no' } }, { status })
    const { gateway, upstream } = await setUp(t, [refusal], {
      ...CLAUDE,
      provider: { breaker: { minimumCalls: 1 } },
    })
    for (let round = 0; round < 3; round += 1) {
      const answer = await gateway.post(COUNT, ASKED)
      t.assert.equal(answer.status, 200)
      t.assert.equal(answer.headers.get('x-sluice-estimated'), 'true')
      const { input_tokens: tokens } = (await answer.json()) as { input_tokens: number }
      t.assert.ok(tokens > 3 && tokens < 30, String(tokens))
    }
    t.assert.equal(await breakerOf(gateway, 'a'), 0)
    upstream.use(stream(messageStream('Hi')))
    t.assert.equal((await gateway.post(MESSAGES, { ...ASKED, max_tokens: 9, stream: true })).status, 200)
  })
}

test("B30: a 400 of the vendor is the client's to read", async (t: TestContext) => {
  const body = { type: 'error', error: { type: 'invalid_request_error', message: 'messages: too odd' } }
  const { gateway } = await setUp(t, [whole(body, { status: 400 })], CLAUDE)
  const answer = await gateway.post(COUNT, ASKED)
  t.assert.equal(answer.status, 400)
  t.assert.deepEqual(await answer.json(), body)
})

test('B30: where no vendor counts, the prompt is estimated and nobody is asked', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole({})])
  const long = { ...ASKED, system: 'Be brief. '.repeat(100), tools: [{ name: 'f', input_schema: { type: 'object' } }] }
  const [short, more] = await Promise.all([gateway.post(COUNT, ASKED), gateway.post(COUNT, long)])
  t.assert.equal(short.headers.get('x-sluice-estimated'), 'true')
  const count = async (answer: Response) => ((await answer.json()) as { input_tokens: number }).input_tokens
  t.assert.ok((await count(more)) > (await count(short)) + 250)
  t.assert.equal(upstream.requests.length, 0)
})

test('a model that is not known, or not allowed, has no count', async (t: TestContext) => {
  const keys = [{ name: 'caller', key: 'key-of-the-caller-1', models: ['a/*'] }]
  const { gateway } = await setUp(t, [whole({})], { config: { keys } })
  const headers = { 'x-api-key': 'key-of-the-caller-1' }
  t.assert.equal((await gateway.post(COUNT, ASKED, headers)).status, 403)
  t.assert.equal((await gateway.post(COUNT, { ...ASKED, model: 'nobody' }, headers)).status, 404)
  t.assert.equal((await gateway.post(COUNT, '', headers)).status, 400)
})

test("B30: Google's way to count takes none of its caller's tokens either", async (t: TestContext) => {
  const keys = [{ name: 'caller', key: 'key-of-the-caller-1', limits: { tokensPerMinute: 100 } }]
  const { gateway } = await setUp(t, [whole({ totalTokens: 500 })], { types: ['gemini'], config: { keys } })
  const headers = { 'x-goog-api-key': 'key-of-the-caller-1' }
  const body = { contents: [{ parts: [{ text: 'x'.repeat(2_000) }] }] }
  t.assert.equal((await gateway.post('/v1beta/models/chat:countTokens', body, headers)).status, 200)
  t.assert.equal((await gateway.post('/v1beta/models/chat:generateContent', body, headers)).status, 413)
})

test('B30: what Claude Code asks for is served, whichever vendor answers, with either way to show a key', async (t: TestContext) => {
  const keys = [{ name: 'caller', key: 'key-of-the-caller-1' }]
  const { gateway } = await setUp(t, [stream(messageStream('Hel', 'lo'))], { ...CLAUDE, config: { keys } })
  for (const credentials of [{ apiKey: 'key-of-the-caller-1' }, { authToken: 'key-of-the-caller-1', apiKey: null }]) {
    const client = new Anthropic({ baseURL: gateway.url, maxRetries: 0, ...credentials })
    const models: string[] = []
    for await (const { id } of client.models.list()) models.push(id)
    t.assert.deepEqual(models, ['chat', 'a/m'])
    const message = await client.beta.messages
      .stream({ model: 'chat', max_tokens: 100, messages: [MESSAGE], betas: ['claude-code-20250219'] })
      .finalMessage()
    t.assert.equal(message.content.map(block => (block.type === 'text' ? block.text : '')).join(''), 'Hello')
    const count = await client.beta.messages.countTokens({ model: 'chat', messages: [MESSAGE] })
    t.assert.ok(count.input_tokens > 0)
  }
})
