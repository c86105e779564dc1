import type { PlainApi, PlainRecording } from './plain-recordings.ts'
import { text, type Wire, wire, wires } from './said.ts'

/** What an answer says: the vectors of embeddings, and the tokens that it counts. */
export interface Measured {
  readonly vectors: readonly (readonly number[])[]
  readonly tokens: number | undefined
}

/** What embeddings are asked of. */
interface Embedded {
  readonly texts: readonly string[]
  readonly dimensions: number | undefined
}

/** What the vendor answered, from the wire, by code that the gateway has no part in. */
export function measuredOf({ api, bytes, headers }: PlainRecording): Measured {
  return MEASURED[api](wire(JSON.parse(bytes.toString('utf8'))), headers)
}

const MEASURED: Readonly<Record<PlainApi, (answer: Wire, headers: PlainRecording['headers']) => Measured>> = {
  embeddings: measuredByEmbeddings,
  batchEmbedContents: ({ embeddings, usageMetadata }) => ({
    vectors: wires(embeddings).map(({ values }) => numbers(values)),
    tokens: count(wire(usageMetadata).promptTokenCount),
  }),
  invoke: ({ embeddings }, headers) => ({
    vectors: wires(embeddings).map(({ embedding }) => numbers(embedding)),
    tokens: Number(headers['x-amzn-bedrock-input-token-count']),
  }),
  count_tokens: ({ input_tokens: tokens }) => ({ vectors: [], tokens: count(tokens) }),
}

/** Of OpenAI's form, on the wire or as its client gives it. */
export function measuredByEmbeddings({ data, usage }: Wire): Measured {
  return { vectors: wires(data).map(({ embedding }) => numbers(embedding)), tokens: count(wire(usage).prompt_tokens) }
}

/** A list of numbers, or the base64 of 32-bit floats, little-endian. */
function numbers(vector: unknown): readonly number[] {
  if (typeof vector !== 'string') return Array.isArray(vector) ? vector : []
  const bytes = Buffer.from(vector, 'base64')
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at))
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** What the recorded request wants to have embedded. */
export function embeddedOf({ api, request }: PlainRecording): Embedded {
  return EMBEDDED[api](wire(request))
}

const EMBEDDED: Readonly<Record<PlainApi, (request: Wire) => Embedded>> = {
  embeddings: ({ input, dimensions }) => ({ texts: [input].flat().map(text), dimensions: count(dimensions) }),
  batchEmbedContents: ({ requests }) => ({
    texts: wires(requests).flatMap(({ content }) => wires(wire(content).parts).map(part => text(part.text))),
    dimensions: count(wires(requests)[0]?.outputDimensionality),
  }),
  invoke: ({ singleEmbeddingParams }) => {
    const { text: given, embeddingDimension } = wire(singleEmbeddingParams)
    return { texts: [text(wire(given).value)], dimensions: count(embeddingDimension) }
  },
  count_tokens: () => ({ texts: [], dimensions: undefined }),
}
