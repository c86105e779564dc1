import type { Operation } from '../call/call.ts'
import { isPlain } from '../call/operations.ts'
import type { Provider } from './provider.ts'

/** Where OpenAI has each operation, below the base URL (platform.openai.com/docs/api-reference); rerank is where Cohere's followers have it. */
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

/** An operation that vendors have in OpenAI's shape. */
export type OpenAiOperation = keyof typeof PATHS

export const EVERY_OPERATION = Object.keys(PATHS) as OpenAiOperation[]

/** The doors of a vendor that has these operations in OpenAI's shape; `place` makes the path of OpenAI's path and the model. */
export function openaiEndpoints(
  operations: readonly OpenAiOperation[],
  place: (path: string, model: string) => string = path => path,
): Provider['endpoints'] {
  const doors = operations.map(operation => [
    operation,
    { dialect: dialectOf(operation), path: (model: string) => place(PATHS[operation], model) },
  ])
  return Object.fromEntries(doors)
}

function dialectOf(operation: OpenAiOperation): string {
  return isPlain(operation) ? 'openai-plain' : `openai-${operation}`
}
