import type { Call } from '../src/call/call.ts'
import type { Dialect } from '../src/dialects/dialect.ts'
import { framingOf } from '../src/relay/sse.ts'

const MOST_EVENT_BYTES = 1024 * 1024

/** A client's call, as far as the writers of streams look at it. */
export const CLIENT: Call = {
  operation: 'chat',
  dialect: '',
  model: 'm',
  stream: true,
  turns: [],
  includeUsage: true,
}

/** One stream on its way from a vendor's dialect to a client's, bytes to bytes; within one dialect events are read and not written. */
export class StreamTranslation {
  readonly #splitter
  readonly #reader
  readonly #writer
  readonly #encode

  constructor(vendor: Dialect, client: Dialect) {
    this.#splitter = framingOf(vendor).splitter(MOST_EVENT_BYTES)
    this.#reader = vendor.eventReader()
    this.#writer = vendor === client ? undefined : client.eventWriter(CLIENT)
    this.#encode = framingOf(client).encode
  }

  /** Takes the next bytes, returns how many go out for them. */
  push(chunk: Buffer): number {
    let sent = 0
    for (const { bytes, frame } of this.#splitter.push(chunk)) {
      const events = frame === undefined ? [] : this.#reader.push(frame)
      if (this.#writer === undefined) sent += bytes.length
      else for (const event of events) sent += this.#encode(this.#writer.push(event)).length
    }
    return sent
  }
}
