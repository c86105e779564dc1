import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { JsonObject } from '../../src/call/json.ts'
import { fromRecording, type Handler, type Piece } from '../upstream.ts'

/** One exchange between some program and a vendor, as its file holds it. */
export interface RecordingFile {
  /** The file's name without its ending. */
  readonly id: string
  readonly provider: string
  readonly api: string
  readonly model: string
  readonly stream: boolean
  readonly features: readonly string[]
  readonly request: { readonly path: string; readonly body: JsonObject | null }
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  /** The answer's body as it was on the wire. */
  readonly bytes: Buffer
  /** Gives the answer once more, in the pieces that `cut` makes of it. */
  answer(cut: (body: Buffer) => Iterable<Piece>): Handler
}

interface Written extends Omit<RecordingFile, 'id' | 'bytes' | 'answer'> {
  readonly response: RecordingFile['response'] & { readonly body: string; readonly encoding?: 'base64' }
}

/** Every recording in the folder, by name. */
export function readFiles(folder: string): RecordingFile[] {
  const names = readdirSync(folder).filter(name => name.endsWith('.json'))
  return names.map(name => readFile(join(folder, name)))
}

function readFile(path: string): RecordingFile {
  const written = JSON.parse(readFileSync(path, 'utf8')) as Written
  const { body, encoding = 'utf8' } = written.response
  return {
    ...written,
    id: basename(path, '.json'),
    bytes: Buffer.from(body, encoding),
    answer: cut => fromRecording(path, cut),
  }
}
