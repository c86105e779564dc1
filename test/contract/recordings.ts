import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { fromRecording, type Handler, type Piece } from '../upstream.ts'

export type DialectName = 'openai-chat' | 'anthropic'

/** One exchange between some program and a vendor. */
export interface Recording {
  readonly id: string
  readonly vendor: string
  readonly dialect: DialectName
  readonly stream: boolean
  readonly features: readonly string[]
  /** Absent where only the answer was recorded. */
  readonly request: JsonObject | undefined
  readonly status: number
  readonly body: string
  /** Gives the answer once more, in the pieces that `cut` makes of it. */
  answer(cut: (body: Buffer) => Iterable<Piece>): Handler
}

const CHAT = /^(openai|azure|mistral|groq|deepseek|openrouter)-chat-/
const MESSAGES = /^(anthropic)-messages-/

/** Every recording of chat completions and of messages in the folder, by name. */
export function readRecordings(folder: string): Recording[] {
  return readdirSync(folder)
    .filter(file => CHAT.test(file) || MESSAGES.test(file))
    .map(file => readRecording(join(folder, file)))
}

function readRecording(file: string): Recording {
  const id = basename(file, '.json')
  const [, vendor = ''] = CHAT.exec(id) ?? MESSAGES.exec(id) ?? []
  const { stream, features, request, response } = JSON.parse(readFileSync(file, 'utf8')) as {
    stream: boolean
    features: string[]
    request: { body: JsonObject | null }
    response: { status: number; body: string }
  }
  return {
    id,
    vendor,
    dialect: CHAT.test(id) ? 'openai-chat' : 'anthropic',
    stream,
    features,
    request: request.body ?? undefined,
    status: response.status,
    body: response.body,
    answer: cut => fromRecording(file, cut),
  }
}

/** The JSON of each event of a recorded stream; the test's own reading, independent of the gateway's. */
export function eventsOf(body: string): Json[] {
  return body
    .split(/\r?\n/)
    .filter(line => line.startsWith('data:'))
    .map(line => line.slice('data:'.length).trim())
    .filter(data => data !== '[DONE]')
    .map(data => JSON.parse(data) as Json)
}
