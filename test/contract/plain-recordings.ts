import type { JsonObject } from '../../src/call/json.ts'
import type { Part } from './gateway.ts'
import { isClaude } from './invoke.ts'
import { type RecordingFile, readFiles } from './recording-files.ts'

/** The APIs of recordings that are no conversations, each with its own form of request and answer. Invoke is of Nova's embeddings. */
const PLAIN_APIS = ['embeddings', 'batchEmbedContents', 'invoke', 'count_tokens'] as const

export type PlainApi = (typeof PLAIN_APIS)[number]

/** A recorded call that is no conversation. */
export interface PlainRecording {
  /** The file's name. */
  readonly id: string
  readonly vendor: string
  readonly api: PlainApi
  readonly model: string
  /** Where the vendor was asked. */
  readonly path: string
  readonly request: JsonObject
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  readonly answer: Part['answer']
}

/** Every such recording in the folder, by name. */
export function readPlainRecordings(folder: string): PlainRecording[] {
  return readFiles(folder).flatMap(file => {
    const api = apiOf(file)
    const { id, provider: vendor, model, request, response, bytes, answer } = file
    if (api === undefined || request.body === null) return []
    const { path, body } = request
    return [{ id, vendor, api, model, path, request: body, ...response, bytes, answer }]
  })
}

function apiOf({ api, model, request }: RecordingFile): PlainApi | undefined {
  if (api === 'invoke' && isClaude(model)) return undefined
  return PLAIN_APIS.find(name => request.path.endsWith(name))
}
