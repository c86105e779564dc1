import assert from 'node:assert/strict'
import { test } from 'node:test'
import { geminiEmbeddings } from '../../src/dialects/embeddings/gemini.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import type { Endpoint } from '../../src/providers/provider.ts'
import { Envelope } from '../../src/relay/envelope.ts'
import { plainPassage } from '../../src/relay/plain-passage.ts'
import { atOnce } from '../../src/steps.ts'

const PLAIN: Endpoint = { dialect: 'openai-plain', path: () => '/embeddings' }

function envelope(body: string): Envelope {
  return new Envelope({
    body: Buffer.from(body),
    dialect: dialectNamed('openai-plain'),
    operation: 'embeddings',
    headers: {},
    query: '',
  })
}

test('a body that names the model as the vendor does is not copied', () => {
  const asked = envelope('{"model":"m","input":"a"}')
  const { body, lane, losses } = atOnce(plainPassage(PLAIN, asked, 'm'))
  assert.equal(body, asked.body)
  assert.deepEqual([lane, losses], ['pass', []])
})

test('a vendor with a form of its own is asked in it, and its answer is told in that of the client', () => {
  const endpoint = { ...PLAIN, codec: () => geminiEmbeddings }
  const { body, lane, losses, plain } = atOnce(
    plainPassage(endpoint, envelope('{"model":"chat","input":"a","odd":1}'), 'g'),
  )
  assert.equal(lane, 'translate')
  assert.deepEqual(JSON.parse(body.toString()).requests[0].model, 'models/g')
  assert.deepEqual(
    losses.map(({ path }) => path),
    ['odd'],
  )
  const answer = plain?.rewrite(
    Buffer.from('{"embeddings":[{"values":[1]}],"usageMetadata":{"promptTokenCount":2}}'),
    {},
  )
  assert.deepEqual(JSON.parse(answer?.toString() ?? ''), {
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: [1] }],
    model: 'g',
    usage: { prompt_tokens: 2, total_tokens: 2 },
  })
})

test('a call that is only passed on cannot be read, so nobody changes it', () => {
  assert.equal(envelope('{"model":"m","input":"a"}').read(), undefined)
})
