import type { Json, JsonObject } from '../../src/call/json.ts'
import { type Handler, type Piece, stream } from '../upstream.ts'
import { eventStreamOf } from './event-stream.ts'
import { isClaude, messageEvents, messageRequest } from './invoke.ts'
import { type RecordingFile, readFiles } from './recording-files.ts'
import { AZURE_WAYS, INVOKE, type Way } from './ways.ts'

/** Every wire format of the matrix. */
export const DIALECTS = ['openai-chat', 'openai-responses', 'anthropic', 'gemini', 'bedrock'] as const

export type DialectName = (typeof DIALECTS)[number]

/** A recorded conversation, as one way of asking its vendor has it. */
export interface Recording {
  /** The file's name. */
  readonly id: string
  readonly vendor: string
  /** Of vendors that are asked in several. */
  readonly way?: Way
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

/** The APIs of recordings that are conversations; of the others plain-recordings.ts knows. */
const APIS: Readonly<Record<string, DialectName>> = {
  'chat.completions': 'openai-chat',
  responses: 'openai-responses',
  messages: 'anthropic',
  generateContent: 'gemini',
  converse: 'bedrock',
}

/** Every recorded conversation in the folder, by name. */
export function readRecordings(folder: string): Recording[] {
  return readFiles(folder).flatMap(file => {
    if (file.api === 'invoke' && isClaude(file.model)) return [unwrapped(file)]
    const dialect = APIS[file.api]
    if (dialect === undefined) return []
    const recording = readRecording(file, dialect)
    return file.provider === 'azure' ? inEachWay(recording) : [recording]
  })
}

function readRecording(file: RecordingFile, dialect: DialectName): Recording {
  const { id, provider, model, stream, features, request, response, bytes, answer } = file
  return {
    id,
    vendor: provider,
    dialect,
    model,
    stream,
    features,
    request: request.body ?? undefined,
    status: response.status,
    bytes,
    body: bytes.toString('utf8'),
    answer,
  }
}

function inEachWay(recording: Recording): Recording[] {
  return AZURE_WAYS.map(way => ({ ...recording, way }))
}

function unwrapped(file: RecordingFile): Recording {
  const recording = readRecording(file, 'anthropic')
  const { request } = recording
  const message = { ...recording, request: request && messageRequest(request), way: INVOKE }
  if (!file.stream) return message
  const bytes = messageEvents(file.bytes)
  return { ...message, bytes, body: bytes.toString('utf8'), answer: cut => stream(cut(bytes)) }
}

/** Its name and, where its vendor is asked in several ways, the way. */
export function labelOf({ id, way }: Recording): string {
  return way === undefined ? id : `${id}.${way.name}`
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
