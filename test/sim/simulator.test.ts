import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { SimulatorOptions } from '../../src/sim/options.ts'
import { type Simulator, startSimulator } from '../../src/sim/simulator.ts'

const CHAT = '/v1/chat/completions'
const MESSAGES = '/v1/messages'
const WEATHER = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    days: { type: 'integer', minimum: 3 },
    unit: { enum: ['celsius', 'kelvin'] },
  },
  required: ['city'],
}

async function simulate(t: TestContext, options?: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options)
  t.after(() => simulator.close())
  return simulator
}

function post(simulator: Simulator, path: string, body: unknown): Promise<Response> {
  return fetch(simulator.url + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
}

function chat(text: string, members: object = {}): object {
  return { model: 'echo', messages: [{ role: 'user', content: text }], ...members }
}

/** An error body in either dialect. */
interface ErrorBody {
  readonly type?: string
  readonly error: { readonly type: string; readonly code?: string; readonly message: string }
}

async function errorOf(response: Response): Promise<ErrorBody> {
  return (await response.json()) as ErrorBody
}

function openaiClient(simulator: Simulator): OpenAI {
  return new OpenAI({ apiKey: 'none', baseURL: `${simulator.url}/v1`, maxRetries: 0 })
}

function anthropicClient(simulator: Simulator): Anthropic {
  return new Anthropic({ apiKey: 'none', baseURL: simulator.url, maxRetries: 0 })
}

test('the OpenAI client reads a whole answer that repeats the prompt and counts it', async t => {
  const completion = await openaiClient(await simulate(t)).chat.completions.create({
    model: 'echo',
    messages: [{ role: 'user', content: 'Guten Tag' }],
  })
  const [choice] = completion.choices
  assert.match(choice?.message.content ?? '', /answering as echo\. You said: "Guten Tag"/)
  assert.strictEqual(choice?.finish_reason, 'stop')
  assert.strictEqual(completion.usage?.prompt_tokens, 3)
  assert.strictEqual(completion.usage?.completion_tokens, Math.ceil((choice?.message.content?.length ?? 0) / 4))
})

test('the OpenAI client reads a stream, with usage when asked for, that says what the whole answer says', async t => {
  const client = openaiClient(await simulate(t))
  const request = { model: 'echo', messages: [{ role: 'user' as const, content: 'Ünïcode 日本 🎈 here' }] }
  const whole = await client.chat.completions.create(request)
  const stream = await client.chat.completions.create({
    ...request,
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let usage: unknown
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    if (chunk.choices.length === 0) usage = chunk.usage
  }
  assert.strictEqual(text, whole.choices[0]?.message.content)
  assert.deepStrictEqual(usage, whole.usage)
})

test('A7: without include_usage no chunk of an OpenAI stream speaks of usage', async t => {
  const simulator = await simulate(t)
  const text = await (await post(simulator, CHAT, chat('hi', { stream: true }))).text()
  assert.doesNotMatch(text, /usage/)
  assert.ok(text.endsWith('data: [DONE]\n\n'))
})

test('the Anthropic client reads a whole answer and a stream that say the same', async t => {
  const client = anthropicClient(await simulate(t))
  const request = { model: 'echo', max_tokens: 500, messages: [{ role: 'user' as const, content: 'Bonjour' }] }
  const whole = await client.messages.create(request)
  const streamed = await client.messages.stream(request).finalMessage()
  assert.match(JSON.stringify(whole.content), /You said: \\"Bonjour\\"/)
  assert.deepStrictEqual(streamed.content, whole.content)
  assert.strictEqual(streamed.stop_reason, 'end_turn')
  assert.strictEqual(streamed.usage.output_tokens, whole.usage.output_tokens)
})

test('a tool that the text speaks of is called, with arguments that fit its schema, in both dialects', async t => {
  const simulator = await simulate(t)
  const text = 'What is the weather in Paris?'
  const expected = { city: 'Paris', days: 3, unit: 'celsius' }
  const runner = openaiClient(simulator).chat.completions.stream({
    model: 'echo',
    messages: [{ role: 'user', content: text }],
    tools: [{ type: 'function', function: { name: 'get_weather', parameters: WEATHER } }],
  })
  const [choice] = (await runner.finalChatCompletion()).choices
  const call = choice?.message.tool_calls?.[0]
  assert.strictEqual(choice?.finish_reason, 'tool_calls')
  assert.ok(call?.type === 'function')
  assert.deepStrictEqual(JSON.parse(call.function.arguments), expected)

  const message = await anthropicClient(simulator)
    .messages.stream({
      model: 'echo',
      max_tokens: 500,
      messages: [{ role: 'user', content: text }],
      tools: [{ name: 'get_weather', input_schema: { ...WEATHER, type: 'object' } }],
    })
    .finalMessage()
  const [block] = message.content
  assert.strictEqual(message.stop_reason, 'tool_use')
  assert.ok(block?.type === 'tool_use')
  assert.deepStrictEqual(block.input, expected)
})

test('malformed bodies get 400 in the dialect of the path', async t => {
  const simulator = await simulate(t)
  const bodies = ['{', '[]', '{}', { model: 'echo' }, { model: 'echo', messages: [] }, chat('x', { max_tokens: 0 })]
  const more = [chat('x', { stream: 'yes' }), { model: 'echo', messages: [{ role: 'nobody' }] }]
  for (const body of [...bodies, ...more]) {
    const [openai, anthropic] = await Promise.all([post(simulator, CHAT, body), post(simulator, MESSAGES, body)])
    assert.deepEqual([openai.status, anthropic.status], [400, 400], JSON.stringify(body))
    assert.equal((await errorOf(openai)).error.type, 'invalid_request_error')
    const error = await errorOf(anthropic)
    assert.deepEqual([error.type, error.error.type], ['error', 'invalid_request_error'])
  }
  const unlimited = await post(simulator, MESSAGES, chat('x'))
  assert.match((await errorOf(unlimited)).error.message, /max_tokens/)
})

test('unknown paths get 404 and wrong methods 405, in the dialect that the caller speaks', async t => {
  const { url } = await simulate(t)
  const openai = await fetch(`${url}/v1/nothing`)
  assert.deepStrictEqual([openai.status, (await errorOf(openai)).error.code], [404, 'unknown_url'])
  const anthropic = await fetch(`${url}/v1/nothing`, { headers: { 'anthropic-version': '2023-06-01' } })
  assert.deepStrictEqual([anthropic.status, (await errorOf(anthropic)).error.type], [404, 'not_found_error'])
  assert.strictEqual((await fetch(url + CHAT)).status, 405)
  assert.strictEqual((await fetch(`${url}/v1/models`, { method: 'DELETE' })).status, 405)
})

test('the list of models is what the options say, in either dialect, and HEAD has no body', async t => {
  const simulator = await simulate(t, { models: ['one', 'two'] })
  const listed = [openaiClient(simulator).models.list(), anthropicClient(simulator).models.list()]
  for (const page of await Promise.all(listed)) {
    assert.deepStrictEqual(
      page.data.map(({ id }) => id),
      ['one', 'two'],
    )
  }
  const head = await fetch(`${simulator.url}/v1/models`, { method: 'HEAD' })
  assert.strictEqual(head.status, 200)
  assert.strictEqual(await head.text(), '')
})

test('C4: beyond the limit calls get 429 with retry-after in whole seconds, until the bucket has refilled', async t => {
  let now = 0
  const simulator = await simulate(t, { requestsPerSecond: 0.5, now: () => now })
  const statuses = [(await post(simulator, CHAT, chat('a'))).status]
  const limited = await post(simulator, MESSAGES, chat('b', { max_tokens: 9 }))
  assert.strictEqual(limited.headers.get('retry-after'), '2')
  assert.strictEqual((await errorOf(limited)).error.type, 'rate_limit_error')
  now = 2000
  statuses.push((await post(simulator, CHAT, chat('c'))).status)
  assert.deepStrictEqual(statuses, [200, 200])
  const { calls, answered, limited: refusals } = simulator.stats()
  assert.deepStrictEqual([calls, answered, refusals], [3, 2, 1])
})

test('in an outage calls get 503 or lose their connection, and the outage repeats', async t => {
  let now = 0
  const outages = [
    { after: 100, for: 50, every: 1000 },
    { after: 500, for: 10, how: 'cut' as const },
  ]
  const simulator = await simulate(t, { outages, now: () => now })
  const statusAt = async (at: number) => {
    now = at
    return (await post(simulator, CHAT, chat('hi'))).status
  }
  assert.strictEqual(await statusAt(99), 200)
  assert.strictEqual(await statusAt(100), 503)
  assert.strictEqual(await statusAt(150), 200)
  assert.strictEqual(await statusAt(1120), 503)
  await assert.rejects(statusAt(505), /fetch failed/)
  assert.strictEqual(await statusAt(1500), 200)
  assert.strictEqual(simulator.stats().down, 3)
})

test('the same seed fails the same calls, about as many as the rate says', async t => {
  const run = async (seed: number) => {
    const simulator = await simulate(t, { errorRate: 0.3, seed })
    const statuses: number[] = []
    for (let call = 0; call < 60; call += 1) statuses.push((await post(simulator, CHAT, chat('hi'))).status)
    return statuses
  }
  const [first, again, other] = [await run(7), await run(7), await run(8)]
  assert.deepStrictEqual(first, again)
  assert.notDeepStrictEqual(first, other)
  const failed = first.filter(status => status === 500).length
  assert.ok(failed > 8 && failed < 30, `${failed} of 60 failed`)
})

test('latency holds the first byte back', async t => {
  const simulator = await simulate(t, { latency: 30, jitter: 5 })
  const began = performance.now()
  await post(simulator, CHAT, chat('hi'))
  assert.ok(performance.now() - began >= 29)
})

test('a paced stream takes its time and says the same as one in a single write', async t => {
  const request = chat('hi', { stream: true })
  const paced = await simulate(t, { tokensPerSecond: 500 })
  const batched = await simulate(t, { batch: true })
  const began = performance.now()
  const slow = await (await post(paced, CHAT, request)).text()
  const took = performance.now() - began
  const deltas = (text: string) => text.match(/"delta":\{[^}]*\}/g)
  assert.ok(took >= 20, `took ${took} ms`)
  assert.deepStrictEqual(deltas(slow), deltas(await (await post(batched, CHAT, request)).text()))
})

test('A3: a client who leaves a paced stream ends it; closing cuts what still runs', async t => {
  const simulator = await simulate(t, { tokensPerSecond: 1 })
  const leaving = new AbortController()
  const left = await fetch(simulator.url + CHAT, {
    method: 'POST',
    body: JSON.stringify(chat('hi', { stream: true })),
    signal: leaving.signal,
  })
  const staying = await post(simulator, CHAT, chat('hi', { stream: true }))
  leaving.abort()
  await assert.rejects(left.text())
  while (simulator.stats().running > 1) await nextTurn()
  const cut = assert.rejects(staying.text())
  await simulator.close()
  await cut
})
