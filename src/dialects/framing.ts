/** One event of a stream, fields decoded; `data` of a server-sent one joins several data lines by a line feed. */
export interface Frame {
  readonly event?: string
  readonly data: string
}

/** One event as it stood on the wire: its bytes, and what a reader is given of them. */
export interface WireFrame {
  readonly bytes: Buffer
  /** Undefined for what carries nothing for a reader (comments), yet must be passed on. */
  readonly frame: Frame | undefined
}

/** What a stream of bytes cannot be: an event over the size cap, or one whose bytes are damaged. The message is safe to show. */
export class BrokenStream extends Error {}

/** Cuts a stream of bytes into events wherever the network cut it. */
export interface Splitter {
  /** Takes the next bytes, returns the events they completed. Throws BrokenStream. */
  push(chunk: Buffer): WireFrame[]
  /** The bytes have ended; returns what was left as events. Throws BrokenStream. */
  end(): WireFrame[]
}

/** How the events of a stream stand on the wire. */
export interface Framing {
  /** The media type that asks for such a stream and that announces one. */
  readonly mediaType: string
  /** `content-type` of the streams that we send. */
  readonly contentType: string
  /** What may stand before the first event; clients read it and learn nothing. */
  readonly waiting: string | Buffer
  /** `maxBytes` bounds one event. */
  splitter(maxBytes: number): Splitter
  encode(frames: readonly Frame[]): string | Buffer
}
