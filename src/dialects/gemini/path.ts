import type { PathWords } from '../dialect.ts'

/** The calls that a model's path ends in, and what each asks for. */
const METHODS: Readonly<Record<string, Omit<PathWords, 'model'>>> = {
  generateContent: { operation: 'chat', stream: false },
  streamGenerateContent: { operation: 'chat', stream: true },
  countTokens: { operation: 'google-count-tokens', stream: false },
  embedContent: { operation: 'google-embed', stream: false },
  batchEmbedContents: { operation: 'google-embed-batch', stream: false },
}

/**
 * What stands behind `/v1beta/models/`: `gemini-2.5-flash:generateContent`. The model may hold slashes and colons of its own
 * (`ollama/llama3:8b`). A stream is a JSON array unless `alt=sse` asks for events. Undefined for a method that is not known.
 */
export function readPath(path: string, query: Readonly<Record<string, unknown>>): PathWords | undefined {
  const colon = path.lastIndexOf(':')
  const method = path.slice(colon + 1)
  if (colon < 1 || !Object.hasOwn(METHODS, method)) return undefined
  const words = METHODS[method] as Omit<PathWords, 'model'>
  return { model: path.slice(0, colon), ...words, ...(words.stream && query.alt !== 'sse' && { array: true }) }
}
