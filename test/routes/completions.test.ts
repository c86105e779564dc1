import { type TestContext, test } from 'node:test'
import OpenAI from 'openai'
import { chatStream, message, messageStream } from '../journey/frames.ts'
import { setUp } from '../journey/setup.ts'
import { stream, whole } from '../upstream.ts'

const PATH = '/v1/completions'
const TEXT = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1,
  model: 'm',
  choices: [{ text: ' world', index: 0, logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}

function sdk(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
}

test('a vendor with text completions is sent the bytes, several prompts and all', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(TEXT)])
  const answer = await sdk(gateway.url).completions.create({
    model: 'chat',
    prompt: ['Hello', 'Bye'],
    suffix: '!',
    echo: true,
    logprobs: 2,
  })
  t.assert.equal(answer.choices[0]?.text, ' world')
  const { url, body } = await upstream.request(0)
  t.assert.equal(url, PATH)
  t.assert.deepEqual(JSON.parse(body.toString()), {
    model: 'm',
    prompt: ['Hello', 'Bye'],
    suffix: '!',
    echo: true,
    logprobs: 2,
  })
  const { lane, outputTokens } = await gateway.ended(1)
  t.assert.deepEqual([lane, outputTokens], ['pass', 1])
})

test('a stream of text completions passes, with usage for the meter and not for the client', async (t: TestContext) => {
  const piece = (text: string, finish: string | null = null) =>
    `data: ${JSON.stringify({ id: 'cmpl-1', object: 'text_completion', created: 1, model: 'm', choices: [{ text, index: 0, logprobs: null, finish_reason: finish }] })}\n\n`
  const usage =
    'data: {"id":"cmpl-1","object":"text_completion","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'
  const text = [piece('Hel'), piece('lo', 'stop')]
  const { gateway, upstream } = await setUp(t, [stream([...text, usage, 'data: [DONE]\n\n'])], { types: ['vllm'] })
  const response = await gateway.post(PATH, { model: 'chat', prompt: 'x', stream: true })
  t.assert.equal(await response.text(), `${text.join('')}data: [DONE]\n\n`)
  t.assert.deepEqual(JSON.parse((await upstream.request(0)).body.toString()).stream_options, { include_usage: true })
  const { outputTokens, finish } = await gateway.ended(1)
  t.assert.deepEqual([outputTokens, finish], [2, 'stop'])
})

test('an Anthropic model completes a text, whole and streamed', async (t: TestContext) => {
  const answered = whole(message('Hello', { usage: { input_tokens: 3, output_tokens: 1 } }))
  const { gateway, upstream } = await setUp(t, [[answered, stream(messageStream('Hel', 'lo'))]], {
    types: ['anthropic'],
  })
  const client = sdk(gateway.url)
  const { data: answer, response } = await client.completions
    .create({ model: 'chat', prompt: 'Say hello', max_tokens: 9, echo: true, best_of: 1 })
    .withResponse()
  t.assert.deepEqual(
    [answer.object, answer.choices[0]?.text, answer.choices[0]?.finish_reason],
    ['text_completion', 'Hello', 'stop'],
  )
  t.assert.equal(answer.usage?.prompt_tokens, 3)
  t.assert.equal(response.headers.get('x-sluice-losses'), 'echo')
  const asked = JSON.parse((await upstream.request(0)).body.toString())
  t.assert.deepEqual(asked.messages, [{ role: 'user', content: 'Say hello' }])
  t.assert.equal(asked.max_tokens, 9)
  let text = ''
  let finish: string | null = null
  for await (const chunk of await client.completions.create({ model: 'chat', prompt: ['Say hello'], stream: true })) {
    t.assert.equal(chunk.object, 'text_completion')
    text += chunk.choices[0]?.text ?? ''
    finish = chunk.choices[0]?.finish_reason ?? finish
  }
  t.assert.deepEqual([text, finish], ['Hello', 'stop'])
})

test('what no turn can say is refused with the member that says it', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole({})], { types: ['anthropic'] })
  for (const [members, param] of [
    [{ prompt: ['One', 'Two'] }, 'prompt'],
    [{ prompt: [1, 2, 3] }, 'prompt'],
    [{ prompt: 'def f(', suffix: 'return' }, 'suffix'],
  ] as const) {
    const response = await gateway.post(PATH, { model: 'chat', ...members })
    t.assert.equal(response.status, 400)
    t.assert.equal(((await response.json()) as { error: { param: string } }).error.param, param)
  }
  t.assert.equal(upstream.requests.length, 0)
})

test('a chat stream that breaks off reaches the client of a text completion as an error', async (t: TestContext) => {
  const { gateway } = await setUp(t, [stream(chatStream('Hel').slice(0, 2))], {
    types: ['vllm'],
  })
  const response = await gateway.post(PATH, { model: 'chat', prompt: 'x', stream: true })
  t.assert.match(await response.text(), /"error"/)
})
