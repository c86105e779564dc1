import type { Json, JsonObject } from '../../call/json.ts'
import { InvalidRequest } from '../../errors.ts'
import type { Codec, CodecHeaders } from '../codec.ts'
import { isObject } from '../openai-chat/members.ts'
import { type EmbeddingsCall, lossesOf, readEmbeddingsCall, readVector, writeEmbeddings } from './call.ts'

/** By model id, which may begin with a region (`us.cohere.embed-v4:0`) or be the end of an ARN. */
const FAMILIES: readonly (readonly [RegExp, Codec])[] = [
  [/amazon\.titan-embed/, codecOf('Titan', writeTitan, readTitan)],
  [/amazon\.nova-.*embed/, codecOf('Nova', writeNova, readNova)],
  [/cohere\.embed/, codecOf('Cohere', writeCohere, readCohere, 'input_type')],
]

/** Embeddings of a model through Bedrock's InvokeModel. Throws InvalidRequest for models without embeddings. */
export function bedrockEmbeddings(model: string): Codec {
  const family = FAMILIES.find(([pattern]) => pattern.test(model))
  if (family !== undefined) return family[1]
  throw InvalidRequest({ param: 'model' }, `the model ${model} is none of those that Bedrock has for embeddings`)
}

function codecOf(
  family: string,
  write: (call: EmbeddingsCall) => JsonObject,
  read: (answer: JsonObject) => readonly (readonly number[])[],
  known?: string,
): Codec {
  return {
    writeRequest(asked) {
      const call = readEmbeddingsCall(asked)
      return { body: write(call), losses: lossesOf(call, family, known) }
    },
    readResponse: (answer, headers, asked) =>
      writeEmbeddings({ vectors: read(answer), tokens: tokensOf(answer, headers) }, readEmbeddingsCall(asked)),
  }
}

/** Bedrock reports tokens in a header for every model; Titan also in its answer. */
function tokensOf({ inputTextTokenCount }: JsonObject, headers: CodecHeaders): number | undefined {
  const counted = Number(headers['x-amzn-bedrock-input-token-count'] ?? inputTextTokenCount)
  return counted >= 0 ? counted : undefined
}

/** Titan and Nova take one text a call, which clients may send as a list of one. */
function onlyText({ texts }: EmbeddingsCall): string {
  const [text, ...more] = texts
  if (text !== undefined && more.length === 0) return text
  throw InvalidRequest({ param: 'input' }, 'input must be one text: this model of Bedrock takes no list')
}

/** docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
function writeTitan(call: EmbeddingsCall): JsonObject {
  const { dimensions } = call
  return { inputText: onlyText(call), ...(dimensions !== undefined && { dimensions }) }
}

function readTitan({ embedding }: JsonObject): readonly (readonly number[])[] {
  return [readVector(embedding)]
}

/** docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html */
function writeNova(call: EmbeddingsCall): JsonObject {
  const { dimensions } = call
  return {
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: 'GENERIC_INDEX',
      text: { truncationMode: 'END', value: onlyText(call) },
      ...(dimensions !== undefined && { embeddingDimension: dimensions }),
    },
  }
}

function readNova({ embeddings }: JsonObject): readonly (readonly number[])[] {
  if (!Array.isArray(embeddings)) throw new Error('The answer has no embeddings.')
  return embeddings.map((one: Json) => readVector(isObject(one) ? one.embedding : undefined))
}

/** docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html; `input_type` is required. */
function writeCohere({ texts, dimensions, rest }: EmbeddingsCall): JsonObject {
  return {
    texts,
    input_type: typeof rest.input_type === 'string' ? rest.input_type : 'search_document',
    embedding_types: ['float'],
    ...(dimensions !== undefined && { output_dimension: dimensions }),
  }
}

function readCohere({ embeddings }: JsonObject): readonly (readonly number[])[] {
  const floats = isObject(embeddings) ? embeddings.float : embeddings
  if (!Array.isArray(floats)) throw new Error('The answer has no embeddings.')
  return floats.map(readVector)
}
