import { isUtf8 } from 'node:buffer'
import { createRequire } from 'node:module'
import { crc32 } from 'node:zlib'
import type { EventStreamCodec } from '@smithy/eventstream-codec'
import { BrokenStream, type Frame, type Framing, type Splitter, type WireFrame } from '../framing.ts'

/** Total length, length of the headers, checksum of the two; behind the payload stands a checksum of all. */
const PRELUDE = 12
const LEAST = PRELUDE + 4

const MEDIA_TYPE = 'application/vnd.amazon.eventstream'

type Message = Parameters<EventStreamCodec['encode']>[0]

let loaded: EventStreamCodec | undefined

/** Loaded when the first stream needs it, since it takes longer to load than the gateway has to start. */
function codec(): EventStreamCodec {
  if (loaded !== undefined) return loaded
  const smithy = createRequire(import.meta.url)(
    '@smithy/eventstream-codec',
  ) as typeof import('@smithy/eventstream-codec')
  loaded = new smithy.EventStreamCodec(
    bytes => Buffer.from(bytes).toString('utf8'),
    text => Buffer.from(text, 'utf8'),
  )
  return loaded
}

/** Cuts a binary event stream into its messages by their lengths; the codec takes whole messages only. */
class EventStreamSplitter implements Splitter {
  readonly #chunks: Buffer[] = []
  #length = 0
  /** How many bytes the message at the beginning has; 0 while that is not known. */
  #awaited = 0
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(chunk: Buffer): WireFrame[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#length < Math.max(this.#awaited, PRELUDE)) return []
    const bytes = this.#join()
    const frames: WireFrame[] = []
    let start = 0
    for (;;) {
      this.#awaited = bytes.length - start < PRELUDE ? 0 : this.#lengthAt(bytes, start)
      if (this.#awaited === 0 || bytes.length - start < this.#awaited) break
      const end = start + this.#awaited
      frames.push(decode(bytes.subarray(start, end)))
      start = end
    }
    this.#keep(bytes.subarray(start))
    return frames
  }

  end(): WireFrame[] {
    if (this.#length > 0) throw new BrokenStream('the stream ended inside of an event')
    return []
  }

  /** A damaged length would make us wait for bytes that never come, so its own checksum is looked at first. */
  #lengthAt(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at)
    if (crc32(bytes.subarray(at, at + 8)) !== bytes.readUInt32BE(at + 8)) throw new BrokenStream('an event is damaged')
    if (length > this.#maxBytes) throw new BrokenStream(`an event is larger than ${this.#maxBytes} bytes`)
    if (length < LEAST) throw new BrokenStream('an event is shorter than its own frame')
    return length
  }

  #join(): Buffer {
    const [only] = this.#chunks
    return only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks)
  }

  #keep(rest: Buffer): void {
    this.#chunks.length = 0
    this.#length = rest.length
    if (rest.length > 0) this.#chunks.push(rest)
  }
}

function decode(bytes: Buffer): WireFrame {
  const { headers, body } = decodeMessage(bytes)
  if (!isUtf8(body)) throw new BrokenStream('an event is not valid UTF-8')
  const text = (name: string): string | undefined => {
    const header = headers[name]
    return header?.type === 'string' ? header.value : undefined
  }
  const event = text(':event-type') ?? text(':exception-type') ?? errorName(text(':error-code'))
  const message = text(':error-message')
  const data = message === undefined ? Buffer.from(body).toString('utf8') : JSON.stringify({ message })
  return { bytes, frame: event === undefined ? undefined : { event, data } }
}

/** An error outside of the service model has any code; by its ending a reader knows what it is. */
function errorName(code: string | undefined): string | undefined {
  return code === undefined || /(?:Error|Exception)$/.test(code) ? code : `${code}Error`
}

function decodeMessage(bytes: Buffer): Message {
  try {
    return codec().decode(bytes)
  } catch {
    throw new BrokenStream('an event is damaged')
  }
}

function encode({ event = '', data }: Frame): Uint8Array {
  const kind = event.endsWith('Exception') ? 'exception' : 'event'
  return codec().encode({
    headers: {
      [`:${kind}-type`]: { type: 'string', value: event },
      ':content-type': { type: 'string', value: 'application/json' },
      ':message-type': { type: 'string', value: kind },
    },
    body: Buffer.from(data, 'utf8'),
  })
}

/** An event that no client knows: all of AWS's SDKs pass over those. */
function sign(): Buffer {
  return Buffer.from(encode({ event: 'ping', data: '{}' }))
}

/** The binary event stream of AWS (smithy.io, "Amazon Event Stream Specification"). */
export const EVENT_STREAM: Framing = {
  mediaType: MEDIA_TYPE,
  contentType: MEDIA_TYPE,
  get waiting() {
    return sign()
  },
  splitter: maxBytes => new EventStreamSplitter(maxBytes),
  encode: frames => Buffer.concat(frames.map(encode)),
}
