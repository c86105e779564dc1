import { type TestContext, test } from 'node:test'
import OpenAI from 'openai'
import { completion } from '../journey/frames.ts'
import { setUp } from '../journey/setup.ts'
import { startUpstream, whole } from '../upstream.ts'

for (const [style, apiVersion, url] of [
  ['the v1 API', undefined, '/openai/v1/chat/completions'],
  ['deployments', '2024-10-21', '/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21'],
] as const) {
  test(`Azure is called by ${style}, with its key in a header of its own`, async (t: TestContext) => {
    const upstream = await startUpstream(whole(completion()))
    t.after(() => upstream.close())
    const azure = { baseUrl: upstream.url, apiKey: 'key-of-azure', ...(apiVersion && { apiVersion }) }
    const { gateway } = await setUp(t, [], { config: { providers: { azure } } })
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
    await client.chat.completions.create({ model: 'azure/my-gpt', messages: [{ role: 'user', content: 'Hello' }] })
    const seen = await upstream.request(0)
    t.assert.equal(seen.url, url)
    t.assert.equal(seen.headers['api-key'], 'key-of-azure')
    t.assert.equal(seen.headers.authorization, undefined)
    t.assert.equal(JSON.parse(seen.body.toString()).model, 'my-gpt')
  })
}

test('Cohere is asked to rerank by its own API', async (t: TestContext) => {
  const upstream = await startUpstream(whole({ results: [], meta: { tokens: { input_tokens: 3 } } }))
  t.after(() => upstream.close())
  const cohere = { baseUrl: upstream.url, apiKey: 'key-of-cohere' }
  const { gateway } = await setUp(t, [], { config: { providers: { cohere } } })
  const { status } = await gateway.post('/v1/rerank', { model: 'cohere/rerank-v3.5', query: 'q', documents: ['d'] })
  t.assert.equal(status, 200)
  t.assert.equal((await upstream.request(0)).url, '/v2/rerank')
  t.assert.equal((await gateway.ended(1)).inputTokens, 3)
})
