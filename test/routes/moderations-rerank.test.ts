import { type TestContext, test } from 'node:test'
import OpenAI from 'openai'
import { setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'

const RANKED = {
  id: 'r',
  results: [
    { index: 1, relevance_score: 0.9 },
    { index: 0, relevance_score: 0.1 },
  ],
}
const ASKED = { model: 'chat', query: 'boats', documents: ['a', 'b'], top_n: 2 }

test('moderations pass, though no vendor reports what they used', async (t: TestContext) => {
  const answer = { id: 'modr-1', model: 'm', results: [{ flagged: true, categories: { violence: true } }] }
  const { gateway, upstream } = await setUp(t, [whole(answer)])
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
  const { results } = await client.moderations.create({ model: 'chat', input: 'I will' })
  t.assert.equal(results[0]?.flagged, true)
  t.assert.equal((await upstream.request(0)).url, '/v1/moderations')
  t.assert.equal((await gateway.ended(1)).inputTokens, undefined)
})

for (const [vendor, reported, tokens] of [
  ['Cohere', { meta: { billed_units: { search_units: 1 }, tokens: { input_tokens: 12, output_tokens: 0 } } }, 12],
  ['Jina', { usage: { total_tokens: 15 } }, 15],
  ['a vendor that counts searches', { meta: { billed_units: { search_units: 1 } } }, undefined],
] as const) {
  test(`rerank: the order of ${vendor} passes, metered by ${tokens === undefined ? 'nothing' : 'its tokens'}`, async (t: TestContext) => {
    const { gateway, upstream } = await setUp(t, [whole({ ...RANKED, ...reported })])
    const response = await gateway.post('/v1/rerank', ASKED)
    t.assert.deepEqual(await response.json(), { ...RANKED, ...reported })
    t.assert.deepEqual(JSON.parse((await upstream.request(0)).body.toString()), { ...ASKED, model: 'm' })
    t.assert.equal((await gateway.ended(1)).inputTokens, tokens)
  })
}
