/** One event of a stream, decoded. Several data lines of a server-sent event are joined by line feeds. */
export interface Frame {
  readonly event?: string
  readonly data: string
}

/** One event on the wire: its bytes, and its decoded form. */
export interface WireFrame {
  readonly bytes: Buffer
  /** Undefined for what is passed on but has no meaning for a reader (comments). */
  readonly frame: Frame | undefined
}

/** An event is larger than the cap, or its bytes are damaged. The message is safe to show. */
export class BrokenStream extends Error {}

/** Splits a stream of bytes into events. */
export interface Splitter {
  /** Takes the next bytes and returns the events that they complete. Throws BrokenStream. */
  push(chunk: Buffer): WireFrame[]
  /** To be called when the bytes have ended: returns what is left as events. Throws BrokenStream. */
  end(): WireFrame[]
}

/** How events are encoded on the wire. */
export interface Framing {
  /** The media type in `accept` and `content-type`. */
  readonly mediaType: string
  /** The `content-type` of streams that the gateway sends. */
  readonly contentType: string
  /** Bytes that keep a stream alive before its first event; clients ignore them. */
  readonly waiting: string | Buffer
  /** `maxBytes` bounds one event. */
  splitter(maxBytes: number): Splitter
  encode(frames: readonly Frame[]): string | Buffer
}
