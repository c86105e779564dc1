import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'

/** What OpenAI's `POST /v1/embeddings` asks for, in words that every vendor has. */
export interface EmbeddingsCall {
  readonly model: string
  readonly texts: readonly string[]
  readonly dimensions?: number
  /** The vectors are to be written as base64 of 32-bit floats, little-endian, as OpenAI's SDKs ask for. */
  readonly base64: boolean
  /** Members for which there is no such word. */
  readonly rest: JsonObject
}

/** What a vendor answered. */
export interface Embeddings {
  readonly vectors: readonly (readonly number[])[]
  /** Tokens of all texts, where the vendor counts them. */
  readonly tokens?: number | undefined
}

/** Reads a request of OpenAI's shape. Throws InvalidRequest that names the member. */
export function readEmbeddingsCall(json: JsonObject): EmbeddingsCall {
  const { model, input, dimensions, encoding_format: format = 'float', ...rest } = json
  if (typeof model !== 'string') throw InvalidRequest({ param: 'model' }, 'model must be a string')
  if (format !== null && format !== 'float' && format !== 'base64') {
    throw InvalidRequest({ param: 'encoding_format' }, 'encoding_format must be float or base64')
  }
  const wanted = typeof dimensions === 'number' ? dimensions : undefined
  if (wanted === undefined && dimensions !== undefined && dimensions !== null) {
    throw InvalidRequest({ param: 'dimensions' }, 'dimensions must be a number')
  }
  return {
    model,
    texts: readTexts(input),
    ...(wanted !== undefined && { dimensions: wanted }),
    base64: format === 'base64',
    rest,
  }
}

function readTexts(input: Json | undefined): readonly string[] {
  const texts = typeof input === 'string' ? [input] : input
  if (Array.isArray(texts) && texts.length > 0 && texts.every(text => typeof text === 'string')) return texts
  throw InvalidRequest(
    { param: 'input' },
    'input must be a text or a list of texts; tokens are for vendors of OpenAI models',
  )
}

/** Members that a vendor has no word for, one loss each; null says nothing. `said` is one that it has, for texts. */
export function lossesOf({ rest }: EmbeddingsCall, vendor: string, said?: string): Loss[] {
  return Object.entries(rest)
    .filter(
      ([member, value]) => value !== null && value !== undefined && !(member === said && typeof value === 'string'),
    )
    .map(([path]) => ({ path, why: `${vendor} has no such member of an embeddings call` }))
}

/** An answer in OpenAI's shape. Throws when there are not as many vectors as texts. */
export function writeEmbeddings(
  { vectors, tokens = 0 }: Embeddings,
  { model, texts, base64 }: EmbeddingsCall,
): JsonObject {
  if (vectors.length !== texts.length) throw new Error('The answer has not one vector for each text.')
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? encode(vector) : vector,
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

function encode(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * Float32Array.BYTES_PER_ELEMENT)
  for (const [index, number] of vector.entries()) bytes.writeFloatLE(number, index * Float32Array.BYTES_PER_ELEMENT)
  return bytes.toString('base64')
}

/** A vector as it stands in an answer. Throws when it is none. */
export function readVector(json: Json | undefined): readonly number[] {
  if (Array.isArray(json) && json.every(number => typeof number === 'number')) return json
  throw new Error('The answer has no vector where one should be.')
}
