import { type TestContext, test } from 'node:test'
import { type Handler, type Script, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, chunk, completion, DONE, data, event, MESSAGE_START, MESSAGE_STOP, ROLE } from './frames.ts'
import { model, timesAsked, withModels } from './models.ts'
import { asked, askedMessage, type Bench, type BenchOptions, CHAT, MESSAGES } from './setup.ts'

const refusal = (message: string, code: string | null, status = 400): Handler =>
  whole({ error: { message, type: 'invalid_request_error', param: 'messages', code } }, { status })

const TOO_LONG = refusal("This model's maximum context length is 8192 tokens.", 'context_length_exceeded')
const FILTERED = refusal('The response was filtered.', 'content_filter')
const CRASH = whole({ error: { message: 'crashed', type: 'server_error' } }, { status: 500 })
const ANSWERS = whole(completion('answered'))
const STREAMS = stream(chatStream('answered'))

const STOPPED_CHOICE = { index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'content_filter' }
const STOPPED = whole(completion('', { choices: [STOPPED_CHOICE] }))
const STOP = chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }] })

/** `a` is asked, `b` stands in for it, and after it `c`, which says no unless it is given something else to say. */
function withFallbacks(t: TestContext, scripts: readonly Script[], options: BenchOptions = {}): Promise<Bench> {
  const [a = ANSWERS, b = ANSWERS, c = CRASH] = scripts
  const fallbacks = { contextWindow: ['long', 'longer'], contentFilter: ['mild', 'milder'] }
  const models = {
    chat: model('a', { fallbacks }),
    long: model('b'),
    longer: model('c'),
    mild: model('b'),
    milder: model('c'),
  }
  return withModels(t, [a, b, c], models, options)
}

for (const [name, refused, instead] of [
  ['a call that is too long', TOO_LONG, 'long'],
  ['a body that is too large', refusal('Request too large', null, 413), 'long'],
  ['a call that the filter refuses', FILTERED, 'mild'],
] as const) {
  for (const body of [asked(), asked({ stream: true })]) {
    const streams = 'stream' in body
    test(`${name} goes to the model for it${streams ? ', streaming' : ''}`, async (t: TestContext) => {
      const bench = await withFallbacks(t, [refused, streams ? STREAMS : ANSWERS])
      const response = await bench.gateway.post(CHAT, body)
      t.assert.equal(response.status, 200)
      t.assert.match(await response.text(), /answered/)
      t.assert.equal(response.headers.get('x-sluice-degraded'), instead)
      t.assert.equal(response.headers.get('x-sluice-target'), 'b/m')
      t.assert.deepEqual(timesAsked(bench), [1, 1, 0])
    })
  }
}

test("Anthropic's refusal of a long prompt goes to the model for it", async (t: TestContext) => {
  const error = { type: 'invalid_request_error', message: 'prompt is too long: 208310 tokens > 200000 maximum' }
  const bench = await withFallbacks(t, [whole({ type: 'error', error }, { status: 400 }), ANSWERS], {
    types: ['anthropic', 'openai-compatible'],
  })
  const response = await bench.gateway.post(MESSAGES, askedMessage())
  t.assert.equal(response.status, 200)
  t.assert.match(await response.text(), /answered/)
})

test('an error event that says it before any content counts as well', async (t: TestContext) => {
  const error = data({ error: { message: 'Too long', code: 'context_length_exceeded' } })
  const bench = await withFallbacks(t, [stream([ROLE, error]), STREAMS])
  const text = await new Client(bench.gateway.url + CHAT, asked({ stream: true })).whole()
  t.assert.match(text, /answered/)
  t.assert.doesNotMatch(text, /Too long/)
})

for (const [name, stopped, body, next] of [
  ['a whole answer', STOPPED, asked(), ANSWERS],
  ['a stream', stream([ROLE, STOP, DONE]), asked({ stream: true }), STREAMS],
] as const) {
  test(`${name} that the filter stopped before any content is asked for elsewhere`, async (t: TestContext) => {
    const bench = await withFallbacks(t, [stopped, next])
    const response = await bench.gateway.post(CHAT, body)
    const text = await response.text()
    t.assert.match(text, /answered/)
    t.assert.doesNotMatch(text, /content_filter/)
    t.assert.equal(response.headers.get('x-sluice-degraded'), 'mild')
    const line = await bench.gateway.ended(1)
    t.assert.deepEqual(line.tried, ['a/m: invalid (the content filter stopped it)', 'b/m: ok'])
  })
}

test('a stream that the filter stopped is hung up on once another model answers', async (t: TestContext) => {
  const bench = await withFallbacks(t, [stream([ROLE, STOP, Promise.withResolvers().promise]), STREAMS])
  const text = await new Client(bench.gateway.url + CHAT, asked({ stream: true })).whole()
  t.assert.match(text, /answered/)
  t.assert.equal(await bench.upstream.requests[0]?.over, 'cut')
})

test("Anthropic's refusal by its classifiers is the filter's, too", async (t: TestContext) => {
  const end = event('message_delta', {
    delta: { stop_reason: 'refusal', stop_sequence: null },
    usage: { output_tokens: 0 },
  })
  const bench = await withFallbacks(t, [stream([MESSAGE_START, end, MESSAGE_STOP]), STREAMS], {
    types: ['anthropic', 'openai-compatible'],
  })
  const text = await new Client(bench.gateway.url + MESSAGES, askedMessage({ stream: true })).whole()
  t.assert.match(text, /answered/)
})

test('C9: a filter that stops a stream in the middle is told to the client as it was', async (t: TestContext) => {
  const bench = await withFallbacks(t, [stream([ROLE, chunk({ content: 'Hel' }), STOP, DONE]), STREAMS])
  const text = await new Client(bench.gateway.url + CHAT, asked({ stream: true })).whole()
  t.assert.match(text, /Hel/)
  t.assert.match(text, /content_filter/)
  t.assert.deepEqual(timesAsked(bench), [1, 0, 0])
})

test('where the filters of all models say no, the client reads the first', async (t: TestContext) => {
  for (const [stopped, body] of [
    [STOPPED, asked()],
    [stream([ROLE, STOP, DONE]), asked({ stream: true })],
  ] as const) {
    const bench = await withFallbacks(t, [stopped, stopped, stopped])
    const response = await bench.gateway.post(CHAT, body)
    t.assert.equal(response.status, 200)
    t.assert.match(await response.text(), /content_filter/)
    t.assert.equal(response.headers.get('x-sluice-target'), 'a/m')
    t.assert.equal(response.headers.get('x-sluice-degraded'), null)
    t.assert.deepEqual(timesAsked(bench), [1, 1, 1])
  }
})

test('a refusal that nobody else takes is told as it was; one whose model is down is worth another try', async (t: TestContext) => {
  const bench = await withFallbacks(t, [TOO_LONG, TOO_LONG, [TOO_LONG, CRASH]])
  const refused = await bench.gateway.post(CHAT, asked())
  t.assert.equal(refused.status, 400)
  t.assert.match(await refused.text(), /context_length_exceeded/)
  t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 500)
})

test('C1: without fallbacks, and for any other mistake, a refusal goes to the client at once', async (t: TestContext) => {
  const bench = await withFallbacks(t, [refusal('Unknown parameter', null), ANSWERS])
  t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 400)
  t.assert.deepEqual(timesAsked(bench), [1, 0, 0])
  bench.upstreams[1]?.use(TOO_LONG)
  t.assert.equal((await bench.gateway.post(CHAT, asked({ model: 'long' }))).status, 400)
  t.assert.deepEqual(timesAsked(bench), [1, 1, 0])
})

test('E16: a caller who may not use the model for long calls reads the refusal', async (t: TestContext) => {
  const keys = [{ name: 'one', key: 'key-of-caller-one', models: ['chat'] }]
  const bench = await withFallbacks(t, [TOO_LONG, ANSWERS], { config: { keys } })
  const response = await bench.gateway.post(CHAT, asked(), { 'x-api-key': 'key-of-caller-one' })
  t.assert.equal(response.status, 400)
  t.assert.deepEqual(timesAsked(bench), [1, 0, 0])
})
