import { type TestContext, test } from 'node:test'
import OpenAI from 'openai'
import { stopClock } from '../callers/clock.ts'
import { Client } from '../journey/client.ts'
import { withModels } from '../journey/models.ts'
import { attemptsOf, setUp } from '../journey/setup.ts'
import { silence, whole } from '../upstream.ts'

const PATH = '/v1/embeddings'
const ANSWER = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }],
  model: 'm',
  usage: { prompt_tokens: 3, total_tokens: 3 },
}

function sdk(url: string, apiKey = 'none'): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
}

function asked(members: object = {}): object {
  return { model: 'chat', input: 'Hello', ...members }
}

test('the bytes of an embeddings call go to the vendor, but for the model, and those of its answer to the client', async (t: TestContext) => {
  const text = JSON.stringify(ANSWER, null, 2)
  const { gateway, upstream } = await setUp(t, [whole(text)])
  const response = await gateway.post(PATH, '{"input": ["a",  "b"], "dimensions": 2.0, "model":"chat", "odd": 1e3}')
  t.assert.equal(await response.text(), text)
  const seen = await upstream.request(0)
  t.assert.equal(seen.url, PATH)
  t.assert.equal(seen.body.toString(), '{"input": ["a",  "b"], "dimensions": 2.0, "model":"m", "odd": 1e3}')
  t.assert.equal(response.headers.get('x-sluice-target'), 'a/m')
  const { endpoint, lane, inputTokens, outputTokens } = await gateway.ended(1)
  t.assert.deepEqual([endpoint, lane, inputTokens, outputTokens], [PATH, 'pass', 3, 0])
})

test('the simulator embeds: the same text gives the same unit vector, as floats and as base64, in batches too', async (t: TestContext) => {
  const { gateway } = await setUp(t, [], { config: { providers: { sim: { sim: { latency: '0ms', jitter: '0ms' } } } } })
  const client = sdk(gateway.url)
  const request = { model: 'sim/echo', input: ['One', 'Two', 'One'], dimensions: 8 }
  const floats = await client.embeddings.create({ ...request, encoding_format: 'float' })
  // The SDK asks for base64 by itself, and decodes it.
  const decoded = await client.embeddings.create(request)
  const [one, two, again] = floats.data.map(({ embedding }) => embedding)
  t.assert.deepEqual(one, again)
  t.assert.notDeepEqual(one, two)
  t.assert.ok(Math.abs(Math.hypot(...(one ?? [])) - 1) < 1e-6)
  t.assert.deepEqual(
    decoded.data.map(({ embedding }) => embedding),
    [one, two, again],
  )
  t.assert.equal(floats.usage.prompt_tokens, 3)
  await t.assert.rejects(client.embeddings.create({ model: 'sim/echo', input: [] }), { status: 400, param: 'input' })
})

test('an embeddings call that fails at one target is answered by the next', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole({ error: { message: 'down' } }, { status: 503 }), whole(ANSWER)])
  const { data } = await sdk(gateway.url).embeddings.create({ model: 'chat', input: 'Hello', encoding_format: 'float' })
  t.assert.deepEqual(data[0]?.embedding, [0.25, -0.5])
  t.assert.equal(await attemptsOf(gateway, 'a', 'overloaded'), 1)
  t.assert.equal(await attemptsOf(gateway, 'b', 'ok'), 1)
})

test('targets whose vendor has no embeddings are passed over; where none has, the error says so', async (t: TestContext) => {
  const bench = await withModels(
    t,
    [whole(ANSWER), whole(ANSWER)],
    {
      both: { strategy: 'priority', targets: ['a', 'b'].map(provider => ({ provider, model: 'm' })) },
      none: { targets: [{ provider: 'a', model: 'm' }] },
    },
    { types: ['anthropic', 'vllm'] },
  )
  const { gateway, upstreams } = bench
  const answered = await gateway.post(PATH, asked({ model: 'both' }))
  t.assert.equal(answered.headers.get('x-sluice-target'), 'b/m')
  t.assert.equal(answered.headers.get('x-sluice-attempts'), '1')
  const refused = await gateway.post(PATH, asked({ model: 'none' }))
  t.assert.equal(refused.status, 400)
  const { error } = (await refused.json()) as { error: { code: string; message: string; type: string } }
  t.assert.equal(error.code, 'SLUICE_ROUTE_OPERATION')
  t.assert.match(error.message, /"none".*embeddings/)
  t.assert.equal(error.type, 'invalid_request_error')
  t.assert.equal(upstreams[0]?.requests.length, 0)
})

test('D1: limits on tokens reserve for the texts of an embeddings call and settle by what the vendor reports', async (t: TestContext) => {
  stopClock(t)
  const { gateway } = await setUp(t, [whole({ ...ANSWER, usage: { prompt_tokens: 900, total_tokens: 900 } })], {
    config: { keys: [{ name: 'caller', key: 'key-of-the-caller-1', limits: { tokensPerMinute: 1000 } }] },
  })
  const headers = { authorization: 'Bearer key-of-the-caller-1' }
  const first = await gateway.post(PATH, asked(), headers)
  t.assert.equal(first.status, 200)
  await gateway.ended(1)
  const second = await gateway.post(PATH, asked({ input: 'x'.repeat(600) }), headers)
  t.assert.equal(second.status, 429)
  t.assert.equal(((await second.json()) as { error: { code: string } }).error.code, 'SLUICE_LIMIT_TOKENS')
})

test('E16: a model that the caller may not use is refused on these routes too', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(ANSWER)], {
    config: { keys: [{ name: 'caller', key: 'key-of-the-caller-1', models: ['a/other'] }] },
  })
  for (const path of [
    PATH,
    '/v1/completions',
    '/v1/moderations',
    '/v1/rerank',
    '/v1/images/edits',
    '/v1/audio/speech',
  ]) {
    const { status } = await gateway.post(path, asked(), { 'x-api-key': 'key-of-the-caller-1' })
    t.assert.equal(status, 403, path)
  }
  t.assert.equal(upstream.requests.length, 0)
})

test('A5: a client that leaves during an embeddings call ends the upstream call', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [silence(), whole(ANSWER)])
  const client = new Client(gateway.url + PATH, asked())
  const seen = await upstream.request(0)
  client.leave()
  t.assert.equal(await seen.over, 'cut')
  t.assert.equal((await gateway.ended(1)).status, 499)
})
