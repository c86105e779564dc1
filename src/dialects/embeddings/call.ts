import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'

/** A request of OpenAI's `POST /v1/embeddings`. */
export interface EmbeddingsCall {
  readonly model: string
  readonly texts: readonly string[]
  readonly dimensions?: number
  /** Write the vectors as base64 of little-endian 32-bit floats, as OpenAI's SDKs ask for. */
  readonly base64: boolean
  /** The other members. */
  readonly rest: JsonObject
}

/** A vendor's answer. */
interface Embeddings {
  readonly vectors: readonly (readonly number[])[]
  /** Tokens of all texts, if the vendor reports them. */
  readonly tokens?: number | undefined
}

/** Reads a request of OpenAI's format. Throws InvalidRequest that names the member. */
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

/** One loss for each of the other members that is not null, but for the string in `known`, which the vendor has, too. */
export function lossesOf({ rest }: EmbeddingsCall, vendor: string, known?: string): Loss[] {
  return Object.entries(rest)
    .filter(
      ([member, value]) => value !== null && value !== undefined && !(member === known && typeof value === 'string'),
    )
    .map(([path]) => ({ path, why: `${vendor} has no such member of an embeddings call` }))
}

/** An answer in OpenAI's format. Throws when there are not as many vectors as texts. */
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

/** A vector of an answer. Throws when it is not one. */
export function readVector(json: Json | undefined): readonly number[] {
  if (Array.isArray(json) && json.every(number => typeof number === 'number')) return json
  throw new Error('The answer has no vector where one should be.')
}
