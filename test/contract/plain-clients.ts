import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import type { JsonObject } from '../../src/call/json.ts'
import { embeddedOf, type Measured, measuredByEmbeddings, measuredOf } from './plain-oracle.ts'
import type { PlainApi, PlainRecording } from './plain-recordings.ts'
import { wire } from './said.ts'
import type { Wiretap } from './wiretap.ts'

/** An official client at a door for calls that are no conversations. */
export interface PlainClient {
  readonly title: string
  /** What it speaks itself. */
  readonly api: PlainApi
  /** Whether the recording is one that can answer it. */
  suits(recording: PlainRecording): boolean
  /** Asks the gateway at `url` for what the recording was asked for, without retries. Throws what the client throws. */
  ask(url: string, model: string, recording: PlainRecording, tap: Wiretap): Promise<Measured>
  /** What the vendor has to be sent. */
  sent(recording: PlainRecording): JsonObject
  /** What the client has to read. */
  read(recording: PlainRecording): Measured
}

const sameAsRecorded = ({ request }: PlainRecording): JsonObject => request

export const PLAIN_CLIENTS: readonly PlainClient[] = [
  embeddingsClient('embeddings, as floats (`openai`)', 'float'),
  embeddingsClient('embeddings, as base64 (`openai`)', 'base64'),
  {
    title: 'batchEmbedContents (`@google/genai`)',
    api: 'batchEmbedContents',
    suits: ({ api }) => api === 'batchEmbedContents',
    ask: embedContent,
    sent: sameAsRecorded,
    read: measuredOf,
  },
  {
    title: 'count_tokens (`@anthropic-ai/sdk`)',
    api: 'count_tokens',
    suits: ({ api }) => api === 'count_tokens',
    ask: countTokens,
    sent: sameAsRecorded,
    read: measuredOf,
  },
]

type Encoding = 'float' | 'base64'

/** Reads of vendors of its own form what was recorded in its encoding, of all others everything. */
function embeddingsClient(title: string, encoding: Encoding): PlainClient {
  const usual = ({ request }: PlainRecording): unknown => request.encoding_format ?? 'float'
  const inBits = (vectors: Measured['vectors']): Measured['vectors'] =>
    encoding === 'float' ? vectors : vectors.map(vector => vector.map(Math.fround))
  return {
    title,
    api: 'embeddings',
    suits: recording => (recording.api === 'embeddings' ? usual(recording) === encoding : isOfEmbeddings(recording)),
    ask: (url, model, recording, tap) => createEmbeddings(url, model, recording, encoding, tap),
    sent: ({ api, request }) => (api === 'embeddings' ? { ...request, encoding_format: encoding } : request),
    read: recording => ({ ...measuredOf(recording), vectors: inBits(measuredOf(recording).vectors) }),
  }
}

function isOfEmbeddings({ api }: PlainRecording): boolean {
  return api !== 'count_tokens'
}

async function createEmbeddings(
  url: string,
  model: string,
  recording: PlainRecording,
  encoding: Encoding,
  { fetch }: Wiretap,
): Promise<Measured> {
  const client = new OpenAI({ apiKey: 'caller', baseURL: `${url}/v1`, maxRetries: 0, fetch })
  const { texts, dimensions } = embeddedOf(recording)
  const { input = texts, encoding_format: _, ...own } = recording.api === 'embeddings' ? recording.request : {}
  const params = { ...own, input, ...(dimensions && { dimensions }), model } as OpenAI.EmbeddingCreateParams
  // It asks for base64 where nothing is said, and makes numbers of it.
  return measuredByEmbeddings(
    wire(await client.embeddings.create({ ...params, ...(encoding === 'float' && { encoding_format: encoding }) })),
  )
}

async function embedContent(
  url: string,
  model: string,
  recording: PlainRecording,
  { fetch }: Wiretap,
): Promise<Measured> {
  const client = new GoogleGenAI({
    apiKey: 'caller',
    httpOptions: { baseUrl: url, fetch, retryOptions: { attempts: 1 } },
  })
  const { texts, dimensions } = embeddedOf(recording)
  const { embeddings = [], ...answer } = await client.models.embedContent({
    model,
    contents: texts.map(text => ({ parts: [{ text }] })),
    ...(dimensions && { config: { outputDimensionality: dimensions } }),
  })
  const { promptTokenCount } = wire(wire(answer).usageMetadata)
  return { vectors: embeddings.map(({ values = [] }) => values), tokens: promptTokenCount as number | undefined }
}

async function countTokens(
  url: string,
  model: string,
  { request }: PlainRecording,
  { fetch }: Wiretap,
): Promise<Measured> {
  const client = new Anthropic({ apiKey: 'caller', baseURL: url, maxRetries: 0, fetch })
  const params = { ...request, model } as unknown as Anthropic.MessageCountTokensParams
  return { vectors: [], tokens: (await client.messages.countTokens(params)).input_tokens }
}
