import { type TestContext, test } from 'node:test'
import OpenAI from 'openai'
import { startGateway } from '../helper.ts'
import { type Script, startUpstream, whole } from '../upstream.ts'

/** A gateway before a vendor that has embeddings in a form of its own, and the official client at its door. */
async function withVendor(t: TestContext, type: string, script: Script) {
  const upstream = await startUpstream(script)
  const gateway = await startGateway({
    providers: { vendor: { type, baseUrl: upstream.url, apiKey: 'key-of-vendor' } },
  })
  t.after(async () => {
    await gateway.close()
    await upstream.close()
  })
  return { gateway, upstream, client: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 }) }
}

test('the client of OpenAI reads the embeddings of Gemini, as floats and as base64', async (t: TestContext) => {
  const answer = { embeddings: [{ values: [0.25, -0.5] }, { values: [1, 0] }], usageMetadata: { promptTokenCount: 4 } }
  const { gateway, upstream, client } = await withVendor(t, 'gemini', whole(answer))
  const request = { model: 'vendor/gemini-embedding-001', input: ['One', 'Two'], dimensions: 2 }
  const floats = await client.embeddings.create({ ...request, encoding_format: 'float' })
  const decoded = await client.embeddings.create(request)
  for (const { data } of [floats, decoded]) {
    t.assert.deepEqual(
      data.map(({ embedding }) => embedding),
      [
        [0.25, -0.5],
        [1, 0],
      ],
    )
  }
  t.assert.equal(floats.usage.prompt_tokens, 4)
  const { url, headers, body } = await upstream.request(0)
  t.assert.equal(url, '/v1beta/models/gemini-embedding-001:batchEmbedContents')
  t.assert.equal(headers['x-goog-api-key'], 'key-of-vendor')
  t.assert.deepEqual(JSON.parse(body.toString()).requests[1], {
    model: 'models/gemini-embedding-001',
    outputDimensionality: 2,
    content: { parts: [{ text: 'Two' }] },
  })
  const { lane, inputTokens } = await gateway.ended(1)
  t.assert.deepEqual([lane, inputTokens], ['translate', 4])
})

test('the client of OpenAI reads an embedding of Titan at Bedrock; a list is refused by name, for Titan takes one text', async (t: TestContext) => {
  const answer = whole(
    { embedding: [0.5, 0.5], inputTextTokenCount: 3 },
    { headers: { 'x-amzn-bedrock-input-token-count': '3' } },
  )
  const { upstream, client } = await withVendor(t, 'bedrock', answer)
  const request = { model: 'vendor/amazon.titan-embed-text-v2:0', encoding_format: 'float' as const }
  const { data, usage } = await client.embeddings.create({ ...request, input: 'Hello' })
  t.assert.deepEqual(data[0]?.embedding, [0.5, 0.5])
  t.assert.equal(usage.prompt_tokens, 3)
  const { url, headers, body } = await upstream.request(0)
  t.assert.equal(url, '/model/amazon.titan-embed-text-v2%3A0/invoke')
  t.assert.equal(headers.authorization, 'Bearer key-of-vendor')
  t.assert.deepEqual(JSON.parse(body.toString()), { inputText: 'Hello' })
  const list = client.embeddings.create({ ...request, input: ['One', 'Two'] })
  await t.assert.rejects(list, { status: 400, param: 'input' })
})
