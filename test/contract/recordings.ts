import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { fromRecording, type Handler, type Piece } from '../upstream.ts'
import { eventStreamOf } from './event-stream.ts'

/** Every wire format of the matrix. */
export const DIALECTS = ['openai-chat', 'openai-responses', 'anthropic', 'gemini', 'bedrock'] as const

export type DialectName = (typeof DIALECTS)[number]

/** One exchange between some program and a vendor. */
export interface Recording {
  readonly id: string
  readonly vendor: string
  readonly dialect: DialectName
  /** As the request named it: in the body, or in the path. */
  readonly model: string
  readonly stream: boolean
  readonly features: readonly string[]
  /** Absent where only the answer was recorded. */
  readonly request: JsonObject | undefined
  readonly status: number
  /** As it was on the wire. */
  readonly bytes: Buffer
  /** The same as text; of no use where the wire was binary. */
  readonly body: string
  /** Gives the answer once more, in the pieces that `cut` makes of it. */
  answer(cut: (body: Buffer) => Iterable<Piece>): Handler
}

/** The APIs of recordings that are conversations. Embeddings and counts are not: they have no dialect to be translated to. */
const APIS: Readonly<Record<string, DialectName>> = {
  'chat.completions': 'openai-chat',
  responses: 'openai-responses',
  messages: 'anthropic',
  generateContent: 'gemini',
  converse: 'bedrock',
}

interface RecordingFile {
  readonly provider: string
  readonly api: string
  readonly model: string
  readonly stream: boolean
  readonly features: readonly string[]
  readonly request: { readonly body: JsonObject | null }
  readonly response: { readonly status: number; readonly body: string; readonly encoding?: 'base64' }
}

/** Every recorded conversation in the folder, by name. */
export function readRecordings(folder: string): Recording[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .flatMap(name => readRecording(join(folder, name)))
}

function readRecording(file: string): Recording[] {
  const { provider, api, model, stream, features, request, response } = JSON.parse(
    readFileSync(file, 'utf8'),
  ) as RecordingFile
  const dialect = APIS[api]
  if (dialect === undefined) return []
  const bytes = Buffer.from(response.body, response.encoding ?? 'utf8')
  return [
    {
      id: basename(file, '.json'),
      vendor: provider,
      dialect,
      model,
      stream,
      features,
      request: request.body ?? undefined,
      status: response.status,
      bytes,
      body: bytes.toString('utf8'),
      answer: cut => fromRecording(file, cut),
    },
  ]
}

/** The JSON of each event of a stream; the test's own reading, independent of the gateway's. */
export function eventsOf(bytes: Buffer | string, dialect: DialectName): Json[] {
  if (dialect === 'bedrock') return eventStreamOf(Buffer.from(bytes))
  return bytes
    .toString()
    .split(/\r?\n/)
    .filter(line => line.startsWith('data:'))
    .map(line => line.slice('data:'.length).trim())
    .filter(data => data !== '[DONE]')
    .map(data => JSON.parse(data) as Json)
}
