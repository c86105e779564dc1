import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import type { JsonObject } from '../../src/call/json.ts'
import { embeddingsClient } from './embeddings-client.ts'
import { embeddedOf, type Measured, measuredOf } from './plain-oracle.ts'
import type { PlainApi, PlainRecording } from './plain-recordings.ts'
import type { Wiretap } from './wiretap.ts'

/** What a client is told to ask: for what the recording was asked for. */
export interface PlainQuestion {
  /** The gateway's address. */
  readonly url: string
  readonly model: string
  readonly recording: PlainRecording
}

/** An official client at a door for calls that are no conversations. */
export interface PlainClient {
  readonly title: string
  /** What it speaks itself. */
  readonly api: PlainApi
  /** Whether the recording is one that can answer it. */
  suits(recording: PlainRecording): boolean
  /** Asks without retries. Throws what the client throws. */
  ask(question: PlainQuestion, tap: Wiretap): Promise<Measured>
  /** What the vendor has to be sent. */
  sent(recording: PlainRecording): JsonObject
  /** What the client has to read. */
  read(recording: PlainRecording): Measured
}

export const PLAIN_CLIENTS: readonly PlainClient[] = [
  embeddingsClient('embeddings, as floats (`openai`)', 'float'),
  embeddingsClient('embeddings, as base64 (`openai`)', 'base64'),
  ofOwnForm('batchEmbedContents (`@google/genai`)', 'batchEmbedContents', embedContents),
  ofOwnForm('count_tokens (`@anthropic-ai/sdk`)', 'count_tokens', countTokens),
]

/** A client whose door leads to vendors of its own form alone. */
function ofOwnForm(title: string, api: PlainApi, ask: PlainClient['ask']): PlainClient {
  return {
    title,
    api,
    suits: recording => recording.api === api,
    ask,
    sent: ({ request }) => request,
    read: measuredOf,
  }
}

async function embedContents({ url, model, recording }: PlainQuestion, { fetch }: Wiretap): Promise<Measured> {
  const httpOptions = { baseUrl: url, fetch, retryOptions: { attempts: 1 } }
  const client = new GoogleGenAI({ apiKey: 'caller', httpOptions })
  const { texts, dimensions } = embeddedOf(recording)
  const { embeddings = [], usageMetadata } = await client.models.embedContent({
    model,
    contents: texts.map(text => ({ parts: [{ text }] })),
    ...(dimensions !== undefined && { config: { outputDimensionality: dimensions } }),
  })
  return { vectors: embeddings.map(({ values = [] }) => values), tokens: usageMetadata?.promptTokenCount }
}

async function countTokens(
  { url, model, recording: { request } }: PlainQuestion,
  { fetch }: Wiretap,
): Promise<Measured> {
  const client = new Anthropic({ apiKey: 'caller', baseURL: url, maxRetries: 0, fetch })
  const params = { ...request, model } as unknown as Anthropic.MessageCountTokensParams
  return { vectors: [], tokens: (await client.messages.countTokens(params)).input_tokens }
}
