import { type TestContext, test } from 'node:test'
import { type Upstream, whole } from '../upstream.ts'
import { completion, message } from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from './setup.ts'

const STRICT = { 'x-sluice-strict': 'true' }
/** Anthropic has no seed. */
const SEED = { seed: 7 }

const MESSAGE = message()

/** The body of the first call that the vendor saw. */
async function sentTo(upstream: Upstream) {
  return JSON.parse((await upstream.request(0)).body.toString())
}

test('a call that would lose something is refused where it is strict, with the list of losses', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(MESSAGE)], { types: ['anthropic'] })
  const answer = await gateway.post(CHAT, asked({ ...SEED, n: 2 }), STRICT)
  t.assert.equal(answer.status, 400)
  const { error } = (await answer.json()) as { error: { code: string; param: string; message: string } }
  t.assert.equal(error.code, 'SLUICE_REQUEST_LOSSY')
  t.assert.equal(error.param, 'seed')
  t.assert.match(error.message, /seed \(.+\), n \(.+\)/)
  t.assert.equal(upstream.requests.length, 0)
})

test('a model can be strict for all who ask for it', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(MESSAGE)], { types: ['anthropic'], model: { strict: true } })
  t.assert.equal((await gateway.post(CHAT, asked(SEED))).status, 400)
  t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
})

test('a strict call goes to the next target that can be asked all of it', async (t: TestContext) => {
  const { gateway, upstreams } = await setUp(t, [whole(MESSAGE), whole(completion())], {
    types: ['anthropic', 'openai-compatible'],
  })
  const answer = await gateway.post(CHAT, asked(SEED), STRICT)
  t.assert.equal(answer.status, 200)
  t.assert.equal(answer.headers.get('x-sluice-target'), 'b/m')
  t.assert.equal(upstreams[0]?.requests.length, 0)
})

test('without strictness the same call is asked, and its losses are told', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(MESSAGE)], { types: ['anthropic'] })
  const answer = await gateway.post(CHAT, asked(SEED))
  t.assert.equal(answer.status, 200)
  t.assert.equal(answer.headers.get('x-sluice-losses'), 'seed')
})

test('B22: a setting that the model refuses is a loss, and refused where the call is strict', async (t: TestContext) => {
  const facts = { modelFacts: { m: { refuses: ['temperature'] } } }
  const { gateway, upstream } = await setUp(t, [whole(MESSAGE)], { types: ['anthropic'], config: facts })
  const answer = await gateway.post(CHAT, asked({ temperature: 0.2 }))
  t.assert.equal(answer.headers.get('x-sluice-losses'), 'temperature')
  t.assert.equal((await sentTo(upstream)).temperature, undefined)
  t.assert.equal((await gateway.post(CHAT, asked({ temperature: 0.2 }), STRICT)).status, 400)
})

test('B9: a conversation that went on at another vendor comes to OpenAI and Mistral with ids that they take', async (t: TestContext) => {
  const id = `${'x'.repeat(900)}.sig/${'y'.repeat(40)}`
  const history = [
    { role: 'user', content: 'Read it' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: id, content: 'done' },
  ]
  for (const [type, pattern] of [
    ['openai', /^[\w-]{1,40}$/],
    ['mistral', /^[A-Za-z0-9]{9}$/],
  ] as const) {
    const { gateway, upstream } = await setUp(t, [whole(completion())], { provider: { type } })
    t.assert.equal((await gateway.post(CHAT, asked({ messages: history }))).status, 200)
    const { messages } = await sentTo(upstream)
    t.assert.match(messages[2].tool_call_id, pattern)
    t.assert.equal(messages[1].tool_calls[0].id, messages[2].tool_call_id)
  }
})

test('B10: a long tool name is shortened for the vendor and is itself again in the answer', async (t: TestContext) => {
  const name = `mcp__${'very_long_'.repeat(8)}tool`
  const { gateway, upstream } = await setUp(t, [
    (request, response) => {
      const { tools } = JSON.parse(request.body.toString())
      const call = { id: 'call_1', type: 'function', function: { name: tools[0].function.name, arguments: '{}' } }
      const message = { role: 'assistant', content: null, tool_calls: [call] }
      return whole({ ...completion(), choices: [{ index: 0, message, finish_reason: 'tool_calls' }] })(
        request,
        response,
      )
    },
  ])
  const tools = [{ name, input_schema: { type: 'object' } }]
  const answer = await gateway.post(MESSAGES, askedMessage({ tools }))
  const { content } = (await answer.json()) as { content: { type: string; name: string }[] }
  t.assert.deepEqual([content[0]?.type, content[0]?.name], ['tool_use', name])
  const sent = (await sentTo(upstream)).tools[0].function.name
  t.assert.ok(sent.length <= 64 && sent !== name)
  t.assert.equal(answer.headers.get('x-sluice-losses'), null)
})

test('reasoning of another vendor, which came unsigned, does not go to Anthropic; its own goes as it came', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(MESSAGE)], { types: ['anthropic'] })
  const thought = (signature: string) => ({ type: 'thinking', thinking: 'Hm.', signature })
  const history = (signature: string) => [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: [thought(signature), { type: 'text', text: 'Yes?' }] },
    { role: 'user', content: 'Well' },
  ]
  const foreign = await gateway.post(MESSAGES, askedMessage({ messages: history('') }))
  t.assert.equal(foreign.headers.get('x-sluice-losses'), 'messages.1.content.0')
  t.assert.deepEqual((await sentTo(upstream)).messages[1].content, [{ type: 'text', text: 'Yes?' }])
  const own = askedMessage({ messages: history('EqoB') })
  t.assert.equal((await gateway.post(MESSAGES, own)).headers.get('x-sluice-losses'), null)
  const passed = JSON.parse((await upstream.request(1)).body.toString())
  t.assert.deepEqual(passed, { ...own, model: 'm' })
})

test('a turn of nothing but such reasoning goes with it', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(MESSAGE)], { types: ['anthropic'] })
  const messages = [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm.', signature: '' }] },
  ]
  await gateway.post(MESSAGES, askedMessage({ messages }))
  t.assert.equal((await sentTo(upstream)).messages.length, 1)
})

test('B9: reasoning that Gemini signed does not go to Anthropic', async (t: TestContext) => {
  const types = ['gemini', 'anthropic'] as const
  const parts = [{ text: 'Hm.', thought: true, thoughtSignature: 'c2ln' }, { text: 'Yes?' }]
  const thought = { candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }] }
  const { gateway, upstreams } = await setUp(t, [whole(thought), whole(MESSAGE)], { types })
  const first = await gateway.post(MESSAGES, askedMessage({ model: 'a/m' }))
  const { content } = (await first.json()) as { content: { type: string; signature?: string }[] }
  t.assert.equal(content[0]?.signature, 'sluiceGeminic2ln')
  const messages = [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content },
    { role: 'user', content: 'Well' },
  ]
  const moved = await gateway.post(MESSAGES, askedMessage({ model: 'b/m', messages }))
  t.assert.equal(moved.headers.get('x-sluice-losses'), 'messages.1.content.0')
  const [claude] = upstreams[1]?.requests ?? []
  t.assert.deepEqual(JSON.parse(String(claude?.body)).messages[1].content, [{ type: 'text', text: 'Yes?' }])
})

for (const stream of [false, true]) {
  test(`B9: sealed reasoning of OpenAI's own client does not go to Anthropic (stream: ${stream})`, async (t: TestContext) => {
    const { gateway, upstream } = await setUp(t, [whole(MESSAGE)], { types: ['anthropic'] })
    const input = [
      { role: 'user', content: 'Hello' },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'Hm.' }],
        encrypted_content: 'gAAAAABq',
      },
      { role: 'user', content: 'Well' },
    ]
    const answer = await gateway.post('/v1/responses', { model: 'chat', input, stream })
    t.assert.match(String((await upstream.request(0)).body), /^(?!.*gAAAA)/s)
    await answer.text()
  })
}

test('B7: what Anthropic signed goes back to it as it was, by way of a chat client', async (t: TestContext) => {
  const thought = { type: 'thinking', thinking: 'Hm.', signature: 'EqoB' }
  const answered = { ...MESSAGE, content: [thought, { type: 'text', text: 'Yes?' }] }
  const { gateway, upstream } = await setUp(t, [whole(answered)], { types: ['anthropic'] })
  const first = await gateway.post(CHAT, asked({}))
  const { choices } = (await first.json()) as { choices: { message: { reasoning_details: { signature: string }[] } }[] }
  const message = choices[0]?.message
  t.assert.equal(message?.reasoning_details[0]?.signature, 'sluiceClaudeEqoB')
  const user = { role: 'user', content: 'Hello' }
  const again = await gateway.post(CHAT, asked({ messages: [user, message, user] }))
  t.assert.equal(again.status, 200)
  const sent = JSON.parse(String((await upstream.request(1)).body))
  t.assert.deepEqual(sent.messages[1].content[0], thought)
})

test('B9: what Anthropic signed does not go to Gemini, though the client speaks as Gemini does', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole({ candidates: [] })], { types: ['gemini'] })
  const parts = [{ text: 'Hm.', thought: true, thoughtSignature: 'sluiceClaudeEqoB' }, { text: 'Yes?' }]
  const user = { role: 'user', parts: [{ text: 'Hello' }] }
  await gateway.post('/v1beta/models/chat:generateContent', { contents: [user, { role: 'model', parts }, user] })
  const { contents } = JSON.parse(String((await upstream.request(0)).body))
  t.assert.deepEqual(contents[1].parts, [{ text: 'Yes?' }])
})

for (const [what, ids] of [
  ['a tool result without its call', ['t2']],
  ['a second result of one call', ['t1', 't1']],
] as const) {
  test(`B12: ${what} is refused by its id before a chat vendor is asked`, async (t: TestContext) => {
    const { gateway, upstream } = await setUp(t, [whole(completion())])
    const results = (all: readonly string[]) => all.map(id => ({ type: 'tool_result', tool_use_id: id, content: 'x' }))
    const history = (all: readonly string[]) => [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'f', input: {} }] },
      { role: 'user', content: results(all) },
    ]
    const refused = await gateway.post(MESSAGES, askedMessage({ messages: history(ids) }))
    t.assert.equal(refused.status, 400)
    t.assert.match(await refused.text(), new RegExp(`messages\\.2\\.content\\.\\d: .*\\\\"${ids[0]}`))
    t.assert.equal(upstream.requests.length, 0)
    t.assert.equal((await gateway.post(MESSAGES, askedMessage({ messages: history(['t1']) }))).status, 200)
  })
}

test("B9: what Anthropic signed does not go to a model of Bedrock's that signs nothing, though the client speaks as Bedrock does", async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole({ message: 'no' }, { status: 400 })], {
    types: ['bedrock'],
    provider: { apiKey: 'key-of-vendor' },
  })
  const reasoning = { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'EqoB' } } }
  const user = { role: 'user', content: [{ text: 'Hello' }] }
  const messages = [user, { role: 'assistant', content: [reasoning, { text: 'Yes?' }] }, user]
  for (const model of ['a/deepseek.r1-v1:0', 'a/anthropic.claude-sonnet-4']) {
    await gateway.post(`/model/${encodeURIComponent(model)}/converse`, { messages })
  }
  const sent = upstream.requests.map(({ body }) => JSON.parse(String(body)).messages[1].content)
  t.assert.deepEqual(sent, [[{ text: 'Yes?' }], [reasoning, { text: 'Yes?' }]])
})
