import OpenAI from 'openai'
import type { JsonObject } from '../../src/call/json.ts'
import type { PlainClient, PlainQuestion } from './plain-clients.ts'
import { embeddedOf, type Measured, measuredByEmbeddings, measuredOf } from './plain-oracle.ts'
import type { PlainRecording } from './plain-recordings.ts'
import { wire } from './said.ts'
import type { Wiretap } from './wiretap.ts'

type Encoding = 'float' | 'base64'

/** OpenAI's client. Of vendors of its own form it reads what was recorded in its encoding, of all others everything. */
export function embeddingsClient(title: string, encoding: Encoding): PlainClient {
  return {
    title,
    api: 'embeddings',
    suits: ({ api, request }) =>
      api === 'embeddings' ? (request.encoding_format ?? 'float') === encoding : api !== 'count_tokens',
    ask: (question, tap) => create(question, encoding, tap),
    sent: ({ api, request }) => (api === 'embeddings' ? { ...request, encoding_format: encoding } : request),
    read: recording => (encoding === 'float' ? measuredOf(recording) : inFloats(measuredOf(recording))),
  }
}

/** Where no encoding is asked for, the client asks for base64 by itself, and makes numbers of it. */
async function create(
  { url, model, recording }: PlainQuestion,
  encoding: Encoding,
  { fetch }: Wiretap,
): Promise<Measured> {
  const client = new OpenAI({ apiKey: 'caller', baseURL: `${url}/v1`, maxRetries: 0, fetch })
  const asked = { ...bodyOf(recording), model, ...(encoding === 'float' && { encoding_format: encoding }) }
  return measuredByEmbeddings(wire(await client.embeddings.create(asked as unknown as OpenAI.EmbeddingCreateParams)))
}

function bodyOf(recording: PlainRecording): JsonObject {
  const { encoding_format: _, ...own } = recording.request
  if (recording.api === 'embeddings') return own
  const { texts, dimensions } = embeddedOf(recording)
  return { input: texts, ...(dimensions !== undefined && { dimensions }) }
}

/** As 32 bits hold them. */
function inFloats({ vectors, tokens }: Measured): Measured {
  return { vectors: vectors.map(vector => vector.map(Math.fround)), tokens }
}
