import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../src/call/json.ts'
import type { Codec } from '../../src/dialects/codec.ts'
import { bedrockEmbeddings } from '../../src/dialects/embeddings/bedrock.ts'
import { geminiEmbeddings } from '../../src/dialects/embeddings/gemini.ts'
import { startGateway } from '../helper.ts'
import { embeddedOf } from './plain-oracle.ts'
import type { PlainRecording } from './plain-recordings.ts'
import type { Specs } from './specs.ts'

/** What is written of calls that are no conversations. Bedrock's spec has nothing to say of the body of InvokeModel. */
export function holdPlainToSpecs(recordings: readonly PlainRecording[], specs: Specs): void {
  const embedded = recordings.filter(({ api }) => api !== 'count_tokens')
  test('embeddings: requests to Gemini', () => {
    const asked = embedded.map(recording => geminiEmbeddings.writeRequest(askedOf(recording)).body)
    assert.deepEqual(
      asked.flatMap(body => specs.errors('batchEmbedContents', 'request', body)),
      [],
    )
  })
  test('embeddings: answers of vendors of another form', () => {
    const answers = embedded.flatMap(writtenAnswer)
    assert.ok(answers.length > 0)
    assert.deepEqual(
      answers.flatMap(body => specs.errors('embeddings', 'response', body)),
      [],
    )
  })
  test('counts: estimates, in the form of either door', async (t: TestContext) => {
    const gateway = await startGateway({ providers: { groq: { apiKey: 'the-gateways-own' } } })
    t.after(() => gateway.close())
    const messages = [{ role: 'user', content: 'Hello' }]
    const anthropic = await gateway.post('/v1/messages/count_tokens', { model: 'groq/m', messages })
    assert.deepEqual(specs.errors('count_tokens', 'response', await anthropic.json()), [])
    const google = await gateway.post('/v1beta/models/groq/m:countTokens', {
      contents: [{ parts: [{ text: 'Hello' }] }],
    })
    assert.deepEqual(specs.errors('countTokens', 'response', await google.json()), [])
  })
}

function askedOf(recording: PlainRecording): JsonObject {
  const { texts, dimensions } = embeddedOf(recording)
  return { model: recording.model, input: texts, ...(dimensions && { dimensions }) }
}

/** As a client of OpenAI's reads it; nothing where the vendor's own bytes are passed on. */
function writtenAnswer(recording: PlainRecording): JsonObject[] {
  const codec = codecOf(recording)
  const answer = JSON.parse(recording.bytes.toString('utf8')) as JsonObject
  return codec === undefined ? [] : [codec.readResponse(answer, recording.headers, askedOf(recording))]
}

function codecOf({ api, model }: PlainRecording): Codec | undefined {
  if (api === 'batchEmbedContents') return geminiEmbeddings
  return api === 'invoke' ? bedrockEmbeddings(model) : undefined
}
