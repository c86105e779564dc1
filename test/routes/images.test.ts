import { type TestContext, test } from 'node:test'
import OpenAI, { toFile } from 'openai'
import { setUp } from '../journey/setup.ts'
import { type Script, stream, whole } from '../upstream.ts'

const PICTURE = {
  created: 1,
  data: [{ b64_json: 'iVBORw0KGgo=' }],
  usage: { input_tokens: 7, output_tokens: 272, total_tokens: 279 },
}

async function sdk(t: TestContext, script: Script) {
  const bench = await setUp(t, [script])
  return { ...bench, client: new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: 'none', maxRetries: 0 }) }
}

test('images are made, and what they used is metered', async (t: TestContext) => {
  const { client, gateway, upstream } = await sdk(t, whole(PICTURE))
  const { data } = await client.images.generate({ model: 'chat', prompt: 'A boat' })
  t.assert.equal(data?.[0]?.b64_json, PICTURE.data[0]?.b64_json)
  t.assert.equal((await upstream.request(0)).url, '/v1/images/generations')
  const { inputTokens, outputTokens } = await gateway.ended(1)
  t.assert.deepEqual([inputTokens, outputTokens], [7, 272])
})

test('images that are edited and varied travel in forms', async (t: TestContext) => {
  const { client, upstream } = await sdk(t, whole(PICTURE))
  const image = await toFile(Buffer.from([0x89, 0x50, 0x0d, 0x0a, 0x2d, 0x2d, 0x00, 0xff]), 'boat.png', {
    type: 'image/png',
  })
  await client.images.edit({ model: 'chat', image, prompt: 'A red boat' })
  await client.images.createVariation({ model: 'chat', image })
  for (const [index, path] of ['/v1/images/edits', '/v1/images/variations'].entries()) {
    const { url, body, headers } = await upstream.request(index)
    t.assert.equal(url, path)
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': String(headers['content-type']) },
    }).formData()
    t.assert.equal(form.get('model'), 'm')
    t.assert.deepEqual(
      new Uint8Array(await (form.get('image') as File).arrayBuffer()),
      new Uint8Array(await image.arrayBuffer()),
    )
  }
})

test('a stream of pictures ends when its bytes do, and an error in its place goes to nobody as an answer', async (t: TestContext) => {
  const partial =
    'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image","b64_json":"AA=="}\n\n'
  const done =
    'event: image_generation.completed\ndata: {"type":"image_generation.completed","b64_json":"AB==","usage":{"input_tokens":7,"output_tokens":272}}\n\n'
  const { client, gateway } = await sdk(t, [
    stream([partial, done]),
    stream(['data: {"error":{"message":"overloaded","code":"503"}}\n\n']),
  ])
  const types = []
  for await (const event of await client.images.generate({ model: 'chat', prompt: 'A boat', stream: true }))
    types.push(event.type)
  t.assert.deepEqual(types, ['image_generation.partial_image', 'image_generation.completed'])
  t.assert.equal((await gateway.ended(1)).outputTokens, 272)
  await t.assert.rejects(client.images.generate({ model: 'chat', prompt: 'A boat', stream: true }), { status: 503 })
})
