import type { Json, JsonObject } from '../../call/json.ts'
import type { Codec } from '../codec.ts'
import { isObject } from '../openai-chat/members.ts'
import { lossesOf, readEmbeddingsCall, readVector, writeEmbeddings } from './call.ts'

/** Gemini's `models/{model}:batchEmbedContents` (ai.google.dev/api/embeddings); tokens are reported for all texts together. */
export const geminiEmbeddings: Codec = {
  writeRequest(asked) {
    const call = readEmbeddingsCall(asked)
    const { task_type: task } = call.rest
    const common: JsonObject = {
      model: `models/${call.model}`,
      ...(typeof task === 'string' && { taskType: task }),
      ...(call.dimensions !== undefined && { outputDimensionality: call.dimensions }),
    }
    const requests = call.texts.map(text => ({ ...common, content: { parts: [{ text }] } }))
    return { body: { requests: requests as Json }, losses: lossesOf(call, 'Gemini', 'task_type') }
  },

  readResponse(answer, _headers, asked) {
    const { embeddings, usageMetadata } = answer
    if (!Array.isArray(embeddings)) throw new Error('The answer has no embeddings.')
    const vectors = embeddings.map((embedding: Json) => readVector(isObject(embedding) ? embedding.values : undefined))
    const tokens = isObject(usageMetadata) ? usageMetadata.promptTokenCount : undefined
    const counted = typeof tokens === 'number' ? { tokens } : {}
    return writeEmbeddings({ vectors, ...counted }, readEmbeddingsCall(asked))
  },
}
