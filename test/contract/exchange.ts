import type { SeenRequest } from '../upstream.ts'
import type { Heard, Question } from './clients.ts'
import type { Lane } from './gateway.ts'
import type { DialectName, Recording } from './recordings.ts'

/** One recording, asked for by one client through the gateway: everything that could be observed of it. */
export interface Exchange {
  readonly recording: Recording
  readonly lane: Lane
  readonly client: DialectName
  readonly asked: Question
  readonly heard: Heard
  readonly seen: SeenRequest | undefined
  /** The gateway's log line. */
  readonly line: Readonly<Record<string, unknown>>
}
