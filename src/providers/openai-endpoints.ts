import type { Operation } from '../call/call.ts'
import { isPlain } from '../call/operations.ts'
import type { Provider } from './provider.ts'

/** OpenAI's path of each operation below the base URL (platform.openai.com/docs/api-reference); rerank, which it lacks, has Cohere's. */
const PATHS = {
  chat: '/chat/completions',
  responses: '/responses',
  completions: '/completions',
  embeddings: '/embeddings',
  moderations: '/moderations',
  rerank: '/rerank',
  'image-generation': '/images/generations',
  'image-edit': '/images/edits',
  'image-variation': '/images/variations',
  speech: '/audio/speech',
  transcription: '/audio/transcriptions',
  translation: '/audio/translations',
} as const satisfies Partial<Record<Operation, string>>

/** An operation that vendors offer in OpenAI's format. */
export type OpenAiOperation = keyof typeof PATHS

export const EVERY_OPERATION = Object.keys(PATHS) as OpenAiOperation[]

/** The endpoints of a vendor that offers these operations in OpenAI's format; `toPath` makes its path from OpenAI's and the model. */
export function openaiEndpoints(
  operations: readonly OpenAiOperation[],
  toPath: (path: string, model: string) => string = path => path,
): Provider['endpoints'] {
  const endpoints = operations.map(operation => [
    operation,
    { dialect: dialectOf(operation), path: (model: string) => toPath(PATHS[operation], model) },
  ])
  return Object.fromEntries(endpoints)
}

function dialectOf(operation: OpenAiOperation): string {
  return isPlain(operation) ? 'openai-plain' : `openai-${operation}`
}
