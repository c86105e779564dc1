import type { Event } from '../call/event.ts'
import type { Dialect, EventReader } from '../dialects/dialect.ts'
import type { Splitter } from '../dialects/framing.ts'
import type { ByteSink, ByteStream } from '../upstream/byte-stream.ts'
import type { FailedOutcome } from '../upstream/failure.ts'
import { linger } from './linger.ts'
import { BrokenStream, framingOf, type WireFrame } from './sse.ts'

/** Largest event of a vendor's stream: images are base64 of a few MB. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024

/** One event off the wire, with the events of the hub that it contains. */
export interface FlowItem extends WireFrame {
  readonly events: readonly Event[]
}

export interface FlowConsumer {
  items(items: readonly FlowItem[]): void
  /** The bytes have ended; `events` are the last ones of the reader. */
  end(events: readonly Event[]): void
  fail(failure: FailedOutcome): void
}

/** A vendor's stream, split into events and read in the vendor's dialect, for one consumer at a time. */
export class Flow implements ByteSink {
  readonly #body: ByteStream
  readonly #reader: EventReader
  readonly #splitter: Splitter
  #begun = false
  #consumer: FlowConsumer | undefined

  constructor(body: ByteStream, dialect: Dialect) {
    this.#body = body
    this.#reader = dialect.eventReader()
    this.#splitter = framingOf(dialect).splitter(MAX_EVENT_BYTES)
  }

  /** Sends everything from here on to `consumer`. */
  consume(consumer: FlowConsumer): void {
    this.#consumer = consumer
    this.#body.attach(this)
  }

  /** Buffers what comes until the next `consume`. */
  hold(): void {
    this.#consumer = undefined
    this.#body.detach()
  }

  pause(): void {
    this.#body.pause()
  }

  resume(): void {
    this.#body.resume()
  }

  /** The answer is complete: drains the rest. */
  release(): void {
    this.#consumer = undefined
    linger(this.#body)
  }

  abort(): void {
    this.#consumer = undefined
    this.#body.abort()
  }

  data(chunk: Buffer): void {
    try {
      const items = this.#read(this.#splitter.push(chunk))
      if (items.length > 0) this.#consumer?.items(items)
    } catch (error) {
      this.#break(error)
    }
  }

  end(): void {
    try {
      const items = this.#read(this.#splitter.end())
      if (items.length > 0) this.#consumer?.items(items)
    } catch (error) {
      this.#break(error)
      return
    }
    this.#consumer?.end(this.#reader.end())
  }

  fail(failure: FailedOutcome): void {
    this.#consumer?.fail(failure)
  }

  #read(frames: WireFrame[]): FlowItem[] {
    if (!this.#begun && frames.some(({ frame }) => frame !== undefined)) {
      this.#begun = true
      this.#body.begin()
    }
    return frames.map(({ bytes, frame }) => ({
      bytes,
      frame,
      events: frame === undefined ? [] : this.#reader.push(frame),
    }))
  }

  #break(error: unknown): void {
    if (!(error instanceof BrokenStream)) throw error
    const consumer = this.#consumer
    this.abort()
    consumer?.fail({ type: 'failed', kind: 'network', reason: error.message })
  }
}
