import { type TestContext, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { type Handler, stream, whole } from '../upstream.ts'
import { chatStream, completion, message, messageStream } from './frames.ts'
import { type Bench, setUp } from './setup.ts'

const KEY = 'key-of-the-caller-1'
const SIGNATURE = 'c2lnbmF0dXJl'
const WEATHER = {
  name: 'weather',
  description: 'Tells the weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const USAGE = { promptTokenCount: 7, candidatesTokenCount: 5, totalTokenCount: 12 }

/** An answer of Gemini's that holds these parts. */
function answer(...parts: object[]): object {
  const candidate = { content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }
  return { candidates: [candidate], usageMetadata: USAGE, modelVersion: 'm', responseId: 'r1' }
}

/** The same as a stream, one part to an event. */
function answerStream(...parts: object[]): Handler {
  const events = parts.map((part, index) => {
    const end = index === parts.length - 1 ? { finishReason: 'STOP' } : {}
    const candidate = { content: { parts: [part], role: 'model' }, ...end, index: 0 }
    return { candidates: [candidate], usageMetadata: USAGE, modelVersion: 'm', responseId: 'r1' }
  })
  return stream(events.map(event => `data: ${JSON.stringify(event)}\r\n\r\n`))
}

/** Vendors `a`, `b` and `c` speak Gemini's dialect, OpenAI's and Anthropic's. */
function withVendors(
  t: TestContext,
  scripts: [Handler, Handler, Handler],
  config: object = {},
  model: object = {},
): Promise<Bench> {
  return setUp(t, scripts, {
    model,
    types: ['gemini', 'openai-compatible', 'anthropic'],
    config: { keys: [{ name: 'caller', key: KEY }], ...config },
    provider: { apiKey: 'key-of-the-vendor', breaker: { minimumCalls: 1_000 } },
  })
}

function geminiOf({ gateway }: Bench): GoogleGenAI {
  return new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: gateway.url } })
}

const MESSAGE = message()

test("Google's SDK asks and streams, whichever vendor answers", async (t: TestContext) => {
  const bench = await withVendors(t, [whole(answer({ text: 'Hello' })), whole(completion()), whole(MESSAGE)])
  const { models } = geminiOf(bench)
  for (const model of ['a/m', 'b/m', 'c/m']) {
    const said = await models.generateContent({ model, contents: 'Hello' })
    t.assert.equal(said.text, 'Hello', model)
    t.assert.equal(said.usageMetadata?.totalTokenCount, 12, model)
  }
  const [gemini, chat, messages] = bench.upstreams
  gemini?.use(answerStream({ text: 'Hel' }, { text: 'lo' }))
  chat?.use(stream(chatStream('Hel', 'lo')))
  messages?.use(stream(messageStream('Hel', 'lo')))
  for (const model of ['a/m', 'b/m', 'c/m']) {
    let text = ''
    let reason: string | undefined
    for await (const chunk of await models.generateContentStream({ model, contents: 'Hello' })) {
      text += chunk.text ?? ''
      reason = chunk.candidates?.[0]?.finishReason ?? reason
    }
    t.assert.equal(text, 'Hello', model)
    t.assert.equal(reason, 'STOP', model)
  }
})

test("B8: a signed tool call goes to Google's own client, to OpenAI's, and back to Gemini", async (t: TestContext) => {
  const call = { functionCall: { name: 'weather', args: { city: 'Rome' } }, thoughtSignature: SIGNATURE }
  const bench = await withVendors(t, [whole(answer(call)), whole(completion()), whole(MESSAGE)])
  const client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: KEY, maxRetries: 0 })
  const tools = [{ type: 'function' as const, function: WEATHER }]
  const question = { role: 'user' as const, content: 'How is Rome?' }
  const first = await client.chat.completions.create({ model: 'a/m', messages: [question], tools })
  const [choice] = first.choices
  const [made] = choice?.message.tool_calls ?? []
  t.assert.equal(choice?.finish_reason, 'tool_calls')
  t.assert.deepEqual(made, {
    id: 'call_r1_0',
    type: 'function',
    function: { name: 'weather', arguments: '{"city":"Rome"}' },
    extra_content: { google: { thought_signature: SIGNATURE } },
  })
  const result = { role: 'tool' as const, tool_call_id: 'call_r1_0', content: '{"$ref":"#/sky"}' }
  const history = [question, choice?.message as OpenAI.ChatCompletionMessage, result]
  await client.chat.completions.create({ model: 'a/m', messages: history, tools })
  const sent = JSON.parse(String((await bench.upstream.request(1)).body))
  t.assert.deepEqual(sent.contents.slice(1), [
    {
      role: 'model',
      parts: [
        { functionCall: { id: 'call_r1_0', name: 'weather', args: { city: 'Rome' } }, thoughtSignature: SIGNATURE },
      ],
    },
    {
      role: 'user',
      parts: [{ functionResponse: { id: 'call_r1_0', name: 'weather', response: { output: '{"$ref":"#/sky"}' } } }],
    },
  ])
})

test('B8: a streamed tool call brings its signature to a chat client', async (t: TestContext) => {
  const call = { functionCall: { name: 'weather', args: { city: 'Rome' }, id: 'x1' }, thoughtSignature: SIGNATURE }
  const bench = await withVendors(t, [answerStream(call, { text: '' }), whole(completion()), whole(MESSAGE)])
  const client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: KEY, maxRetries: 0 })
  const stream = client.chat.completions.stream({ model: 'a/m', messages: [{ role: 'user', content: 'Hi' }] })
  const { choices } = await stream.finalChatCompletion()
  t.assert.equal(choices[0]?.finish_reason, 'tool_calls')
  const [made] = choices[0]?.message.tool_calls ?? []
  t.assert.partialDeepStrictEqual(made, {
    id: 'x1',
    extra_content: { google: { thought_signature: SIGNATURE } },
  } as object)
})

test("Google's SDK carries a tool round trip to a vendor of each dialect", async (t: TestContext) => {
  const chatCall = {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c7', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
  }
  const chat = completion('', { choices: [{ index: 0, message: chatCall, finish_reason: 'tool_calls' }] })
  const use = { type: 'tool_use', id: 'c7', name: 'weather', input: { city: 'Rome' } }
  const message = { ...MESSAGE, content: [use], stop_reason: 'tool_use' }
  const bench = await withVendors(t, [whole(answer()), whole(chat), whole(message)])
  const { models } = geminiOf(bench)
  const question = { role: 'user', parts: [{ text: 'How is Rome?' }] }
  for (const [index, model] of ['b/m', 'c/m'].entries()) {
    const config = {
      tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: WEATHER.parameters }] }],
    }
    const said = await models.generateContent({ model, contents: [question], config })
    const [call] = said.functionCalls ?? []
    t.assert.deepEqual(call, { id: 'c7', name: 'weather', args: { city: 'Rome' } }, model)
    const content = said.candidates?.[0]?.content ?? {}
    const result = { functionResponse: { id: 'c7', name: 'weather', response: { output: 'sunny' } } }
    await models.generateContent({ model, contents: [question, content, { role: 'user', parts: [result] }], config })
    const sent = JSON.parse(String((await bench.upstreams[index + 1]?.request(1))?.body))
    t.assert.match(JSON.stringify(sent.messages.at(-1)), /"(?:tool_call_id|tool_use_id)":"c7","content":"sunny"/, model)
  }
})

test("Anthropic's SDK is answered by Gemini, streaming and not", async (t: TestContext) => {
  const call = { functionCall: { name: 'weather', args: { city: 'Rome' } }, thoughtSignature: SIGNATURE }
  const parts = [{ text: 'Hm.', thought: true }, { text: 'Let me look.' }, call]
  const bench = await withVendors(t, [whole(answer(...parts)), whole(completion()), whole(MESSAGE)])
  const client = new Anthropic({ baseURL: bench.gateway.url, apiKey: KEY, maxRetries: 0 })
  const asked = { model: 'a/m', max_tokens: 100, messages: [{ role: 'user' as const, content: 'How is Rome?' }] }
  const message = await client.messages.create(asked)
  bench.upstream.use(answerStream(...parts))
  const streamed = await client.messages.stream(asked).finalMessage()
  for (const { content, stop_reason, usage } of [message, streamed]) {
    t.assert.deepEqual(
      content.map(block => block.type),
      ['thinking', 'text', 'tool_use'],
    )
    t.assert.equal(stop_reason, 'tool_use')
    t.assert.equal(usage.output_tokens, 5)
  }
})

test('without alt=sse a stream is one JSON array, whichever vendor answers', async (t: TestContext) => {
  const gemini = answerStream({ text: 'Hel' }, { text: 'lo' })
  const bench = await withVendors(t, [gemini, stream(chatStream('Hel', 'lo')), whole(MESSAGE)])
  const body = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }
  for (const model of ['a/m', 'b/m']) {
    const response = await bench.gateway.post(`/v1beta/models/${model}:streamGenerateContent?key=${KEY}`, body)
    t.assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
    const chunks = (await response.json()) as { candidates: { content: { parts: { text?: string }[] } }[] }[]
    const text = chunks.flatMap(chunk => chunk.candidates[0]?.content.parts.map(part => part.text ?? '')).join('')
    t.assert.equal(text, 'Hello', model)
  }
  t.assert.equal((await bench.upstream.request(0)).url, '/v1/models/m:streamGenerateContent?alt=sse')
})

for (const [what, headers, model, told] of [
  ['a retry under an idempotency-key', { 'idempotency-key': 'call-1' }, {}, 'x-sluice-idempotent'],
  ['an equal request', {}, { cache: { ttl: '10s' } }, 'x-sluice-cache'],
] as const) {
  test(`an array is given again, byte for byte, to ${what}`, async (t: TestContext) => {
    const script = answerStream({ text: 'Hel' }, { text: 'lo' })
    const bench = await withVendors(t, [script, whole(completion()), whole(MESSAGE)], {}, model)
    const body = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }
    const ask = () => bench.gateway.post(`/v1beta/models/chat:streamGenerateContent?key=${KEY}`, body, headers)
    const first = await ask()
    const text = await first.text()
    t.assert.equal((JSON.parse(text) as object[]).length, 2)
    const second = await ask()
    t.assert.match(second.headers.get(told) ?? '', /^(replayed|hit)$/)
    t.assert.equal(second.headers.get('content-type'), first.headers.get('content-type'))
    t.assert.equal(await second.text(), text)
    t.assert.equal(bench.upstream.requests.length, 1)
  })
}

test('a key in the query opens the door, and is neither forwarded nor logged', async (t: TestContext) => {
  const bench = await withVendors(t, [whole(answer({ text: 'Hello' })), whole(completion()), whole(MESSAGE)])
  const body = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }
  const path = '/v1beta/models/a/m:generateContent'
  const response = await bench.gateway.post(`${path}?key=${KEY}`, body)
  t.assert.equal(response.status, 200)
  const seen = await bench.upstream.request(0)
  t.assert.equal(seen.headers['x-goog-api-key'], 'key-of-the-vendor')
  t.assert.equal(seen.url, '/v1/models/m:generateContent')
  t.assert.equal(String(seen.body), JSON.stringify(body))
  t.assert.equal((await bench.gateway.post(`${path}?key=wrong`, body)).status, 401)
  await bench.gateway.ended(2)
  t.assert.doesNotMatch(JSON.stringify(bench.gateway.logs), new RegExp(KEY))
})

test('errors at this door have the form of google.rpc.Status', async (t: TestContext) => {
  const bench = await withVendors(t, [whole(answer({ text: 'Hello' })), whole(completion()), whole(MESSAGE)])
  const { models } = geminiOf(bench)
  const error = await models.generateContent({ model: 'nobody', contents: 'Hello' }).catch(thrown => thrown)
  t.assert.equal(error.status, 404)
  t.assert.equal(JSON.parse(error.message).error.status, 'NOT_FOUND')
  const unknown = await bench.gateway.post(`/v1beta/models/a/m:sing?key=${KEY}`, {})
  const body = (await unknown.json()) as { error: object }
  t.assert.deepEqual([unknown.status, Object.keys(body.error)], [404, ['code', 'message', 'status', 'details']])
})

test("Google's SDK lists the models of the gateway", async (t: TestContext) => {
  const bench = await withVendors(t, [whole(answer()), whole(completion()), whole(MESSAGE)])
  const names: (string | undefined)[] = []
  for await (const model of await geminiOf(bench).models.list()) names.push(model.name)
  t.assert.deepEqual(names, ['models/chat', 'models/a/m', 'models/b/m', 'models/c/m'])
  t.assert.equal((await geminiOf(bench).models.get({ model: 'a/m' })).displayName, 'a/m')
})

test('embeddings and counts are passed on to Google, under the name that the vendor knows', async (t: TestContext) => {
  const bench = await withVendors(t, [whole({ embeddings: [{ values: [0.5] }] }), whole(completion()), whole(MESSAGE)])
  const { models } = geminiOf(bench)
  const embedded = await models.embedContent({ model: 'chat', contents: 'Hello' })
  t.assert.deepEqual(embedded.embeddings, [{ values: [0.5] }])
  bench.upstream.use(whole({ totalTokens: 3 }))
  t.assert.equal((await models.countTokens({ model: 'chat', contents: 'Hello' })).totalTokens, 3)
  const [embed, count] = bench.upstream.requests
  t.assert.equal(embed?.url, '/v1/models/m:batchEmbedContents')
  t.assert.equal(JSON.parse(String(embed?.body)).requests[0].model, 'models/m')
  t.assert.equal(count?.url, '/v1/models/m:countTokens')
})

test('where no vendor counts as Google does, the prompt is estimated and nobody is asked', async (t: TestContext) => {
  const bench = await withVendors(t, [whole(answer()), whole(completion()), whole(MESSAGE)])
  const { totalTokens = 0 } = await geminiOf(bench).models.countTokens({ model: 'b/m', contents: 'Hello' })
  t.assert.ok(totalTokens > 0 && totalTokens < 20, String(totalTokens))
  const contents = [{ role: 'user', parts: [{ text: 'Hello' }] }]
  const system_instruction = { parts: [{ text: 'Be brief. '.repeat(100) }] }
  const inner = { model: 'models/b/m', contents, system_instruction }
  const headers = { 'x-goog-api-key': KEY }
  const path = '/v1beta/models/b/m:countTokens'
  const counted = await bench.gateway.post(path, { generate_content_request: inner }, headers)
  t.assert.equal(counted.headers.get('x-sluice-estimated'), 'true')
  t.assert.ok(((await counted.json()) as { totalTokens: number }).totalTokens > 200)
  t.assert.equal((await bench.gateway.post(path, { contents: 3 }, headers)).status, 400)
  t.assert.equal(bench.upstreams[1]?.requests.length, 0)
})

test('a vendor that has no such call is not asked for it', async (t: TestContext) => {
  const bench = await withVendors(t, [whole(answer()), whole(completion()), whole(MESSAGE)])
  const refused = await bench.gateway.post(
    '/v1beta/models/b/m:batchEmbedContents',
    { requests: [] },
    { 'x-goog-api-key': KEY },
  )
  t.assert.equal(refused.status, 400)
  t.assert.match(await refused.text(), /serves this route/)
  t.assert.equal(bench.upstreams[1]?.requests.length, 0)
})

test("a limit of Google's is kept for as long as its error says", async (t: TestContext) => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '27s' }]
  const error = { code: 429, message: 'Quota exceeded.', status: 'RESOURCE_EXHAUSTED', details }
  const bench = await withVendors(t, [whole({ error }, { status: 429 }), whole(completion()), whole(MESSAGE)])
  const body = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }
  const response = await bench.gateway.post(`/v1beta/models/a/m:generateContent?key=${KEY}`, body)
  t.assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '27'])
})
