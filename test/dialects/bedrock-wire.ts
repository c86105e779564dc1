import type { Json } from '../../src/call/json.ts'
import { EVENT_STREAM } from '../../src/dialects/bedrock/event-stream.ts'
import type { Frame } from '../../src/dialects/dialect.ts'

/** Frames of events written as `{"messageStart": {...}}`. */
export function framesOf(events: readonly Readonly<Record<string, Json>>[]): Frame[] {
  return events.flatMap(event =>
    Object.entries(event).map(([name, data]) => ({ event: name, data: JSON.stringify(data) })),
  )
}

/** The same as bytes of a binary event stream. */
export function binary(...events: readonly Readonly<Record<string, Json>>[]): Buffer {
  return Buffer.from(EVENT_STREAM.encode(framesOf(events)))
}
