import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { JsonObject } from '../../src/call/json.ts'
import type { Codec } from '../../src/dialects/codec.ts'
import { bedrockEmbeddings } from '../../src/dialects/embeddings/bedrock.ts'
import { geminiEmbeddings } from '../../src/dialects/embeddings/gemini.ts'

const TITAN = 'amazon.titan-embed-text-v2:0'
const NOVA = 'amazon.nova-2-multimodal-embeddings-v1:0'
const COHERE = 'us.cohere.embed-v4:0'

interface Written {
  readonly data: readonly { readonly index: number; readonly embedding: unknown }[]
  readonly model: string
  readonly usage: JsonObject
}

function read(codec: Codec, answer: JsonObject, asked: JsonObject, headers = {}): Written {
  return codec.readResponse(answer, headers, asked) as unknown as Written
}

test('Gemini is asked for all texts at once', () => {
  const asked = { model: 'gemini-embedding-2', input: ['a', 'b'], dimensions: 768, task_type: 'RETRIEVAL_QUERY' }
  const request = { model: 'models/gemini-embedding-2', taskType: 'RETRIEVAL_QUERY', outputDimensionality: 768 }
  assert.deepEqual(geminiEmbeddings.writeRequest(asked), {
    body: { requests: ['a', 'b'].map(text => ({ ...request, content: { parts: [{ text }] } })) },
    losses: [],
  })
})

test('what a vendor has no word for is lost by name, null without a word', () => {
  const asked = { input: 'a', dimensions: 8, encoding_format: 'base64', user: 'u', truncate: 'END', odd: null }
  const wishes = { task_type: 'RETRIEVAL_QUERY', input_type: 'search_query' }
  for (const [codec, model, name, said] of [
    [geminiEmbeddings, 'm', 'Gemini', 'task_type'],
    [bedrockEmbeddings(TITAN), TITAN, 'Titan', undefined],
    [bedrockEmbeddings(NOVA), NOVA, 'Nova', undefined],
    [bedrockEmbeddings(COHERE), COHERE, 'Cohere', 'input_type'],
  ] as const) {
    const lost = ['user', 'truncate', ...Object.keys(wishes)].filter(path => path !== said)
    const losses = lost.map(path => ({ path, why: `${name} has no such member of an embeddings call` }))
    assert.deepEqual(codec.writeRequest({ model, ...asked, ...wishes }).losses, losses)
  }
  const { losses } = geminiEmbeddings.writeRequest({ model: 'm', input: 'a', task_type: 7 })
  assert.deepEqual(
    losses.map(({ path }) => path),
    ['task_type'],
  )
})

test('a vector is written as base64 of 32-bit floats where it was asked for so', () => {
  const asked = { model: 'm', input: 'a', encoding_format: 'base64' }
  const { data } = read(geminiEmbeddings, { embeddings: [{ values: [0.5, -2] }] }, asked)
  const bytes = Buffer.from(data[0]?.embedding as string, 'base64')
  assert.deepEqual([bytes.readFloatLE(0), bytes.readFloatLE(4), bytes.length], [0.5, -2, 8])
})

test('Titan and Nova are asked for one text, and refuse a list by name', () => {
  assert.deepEqual(bedrockEmbeddings(TITAN).writeRequest({ model: TITAN, input: ['a'], dimensions: 256 }).body, {
    inputText: 'a',
    dimensions: 256,
  })
  for (const model of [TITAN, NOVA]) {
    assert.throws(() => bedrockEmbeddings(model).writeRequest({ model, input: ['a', 'b'] }), { param: 'input' })
  }
})

test('Titan counts in its answer, every model of Bedrock in a header', () => {
  const answer = { embedding: [1, 0], inputTextTokenCount: 4 }
  const asked = { model: TITAN, input: 'a' }
  assert.deepEqual(read(bedrockEmbeddings(TITAN), answer, asked).usage, { prompt_tokens: 4, total_tokens: 4 })
  const headers = { 'x-amzn-bedrock-input-token-count': '5' }
  assert.deepEqual(read(bedrockEmbeddings(TITAN), answer, asked, headers).usage, { prompt_tokens: 5, total_tokens: 5 })
})

test('Cohere at Bedrock takes lists, and must be told what the texts are for', () => {
  const asked = { model: COHERE, input: ['a', 'b'], dimensions: 512 }
  const common = { texts: ['a', 'b'], embedding_types: ['float'], output_dimension: 512 }
  const codec = bedrockEmbeddings(COHERE)
  assert.deepEqual(codec.writeRequest(asked), { body: { ...common, input_type: 'search_document' }, losses: [] })
  assert.deepEqual(codec.writeRequest({ ...asked, input_type: 'search_query' }), {
    body: { ...common, input_type: 'search_query' },
    losses: [],
  })
  for (const embeddings of [{ float: [[1], [2]] }, [[1], [2]]]) {
    assert.deepEqual(
      read(codec, { embeddings }, asked).data.map(({ embedding }) => embedding),
      [[1], [2]],
    )
  }
})

test('a model of Bedrock without embeddings is refused', () => {
  assert.throws(() => bedrockEmbeddings('anthropic.claude-sonnet-4-5'), { code: 'SLUICE_REQUEST_INVALID' })
})

suite('a call that no vendor of another shape can answer is refused by the member', () => {
  for (const [param, members] of [
    ['input', { input: [[1, 2]] }],
    ['input', { input: [] }],
    ['input', {}],
    ['encoding_format', { input: 'a', encoding_format: 'int8' }],
    ['dimensions', { input: 'a', dimensions: '256' }],
  ] as const) {
    test(`${param}: ${JSON.stringify(members)}`, () => {
      assert.throws(() => geminiEmbeddings.writeRequest({ model: 'm', ...members }), { param })
    })
  }
})

test('an answer with too few vectors, or with none where one should be, is no answer', () => {
  const asked = { model: 'm', input: ['a', 'b'] }
  for (const answer of [{}, { embeddings: [{ values: [1] }] }, { embeddings: [{ values: ['x'] }, {}] }]) {
    assert.throws(() => geminiEmbeddings.readResponse(answer, {}, asked))
  }
})
