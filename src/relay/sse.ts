import { isUtf8 } from 'node:buffer'
import type { Dialect, Frame } from '../dialects/dialect.ts'
import { BrokenStream, type Framing, type Splitter, type WireFrame } from '../dialects/framing.ts'

export { BrokenStream, type WireFrame }

const LF = 0x0a
const CR = 0x0d
/** Servers on .NET write one by default; clients must skip it. */
const BYTE_ORDER_MARK = '\ufeff'
/** Ends an unfinished last line and the event: without it clients drop the event (A24). */
const BLANK_LINE = Buffer.from('\n\n')

/**
 * Cuts a byte stream into server-sent events (WHATWG HTML 9.2) wherever the network cut it. Works on bytes, so a
 * character split over two chunks is never decoded in halves. `maxBytes` bounds one event.
 */
export class SseSplitter implements Splitter {
  /** Holds the bytes of the event that is not complete, `#length` of them; spare room behind, so that joining stays linear. */
  #pending: Buffer = NOTHING
  #length = 0
  /** How far they were searched for a blank line in vain. */
  #searched = 0
  /** No event has been read yet: a byte order mark may stand before the first one. */
  #fresh = true
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Takes the next bytes, returns the events they completed. Throws BrokenStream. */
  push(chunk: Buffer): WireFrame[] {
    const bytes = this.#join(chunk)
    const frames: WireFrame[] = []
    let start = 0
    let from = this.#searched
    for (;;) {
      const end = blankLineEnd(bytes, from, start)
      if (end < 0) break
      frames.push(this.#decode(bytes.subarray(start, end)))
      start = end
      from = end
    }
    this.#keep(start === 0 ? bytes : bytes.subarray(start))
    return frames
  }

  /** The stream has ended: what was left without its blank line, as a last event that has one. Throws BrokenStream. */
  end(): WireFrame[] {
    const rest = this.#pending.subarray(0, this.#length)
    this.#forget(NOTHING)
    if (rest.length === 0) return []
    return [this.#decode(endsBlank(rest) ? rest : Buffer.concat([rest, BLANK_LINE]))]
  }

  /** The bytes stay as they are. */
  #decode(bytes: Buffer): WireFrame {
    if (!isUtf8(bytes)) throw new BrokenStream('the stream is not valid UTF-8')
    const text = bytes.toString('utf8')
    const marked = this.#fresh && text.startsWith(BYTE_ORDER_MARK)
    this.#fresh = false
    return { bytes, frame: parseFields(marked ? text.slice(1) : text) }
  }

  #join(chunk: Buffer): Buffer {
    if (this.#length === 0) return chunk
    const length = this.#length + chunk.length
    if (length > this.#pending.length) {
      const grown = Buffer.allocUnsafe(length + (length >> 2))
      this.#pending.copy(grown, 0, 0, this.#length)
      this.#pending = grown
    }
    chunk.copy(this.#pending, this.#length)
    this.#length = length
    return this.#pending.subarray(0, length)
  }

  #keep(rest: Buffer): void {
    if (rest.length > this.#maxBytes) throw new BrokenStream(`an event is larger than ${this.#maxBytes} bytes`)
    // Bytes that were handed out are never written over: with an event gone, what is left is a view without spare room.
    if (rest.length !== this.#length) this.#forget(rest)
    // A blank line may straddle the cut: up to three of its bytes (CR LF CR) may already be here.
    this.#searched = Math.max(0, rest.length - 3)
  }

  #forget(rest: Buffer): void {
    this.#pending = rest
    this.#length = rest.length
    this.#searched = 0
  }
}

const NOTHING = Buffer.alloc(0)

/** Index just behind the first blank line at or after `from`, or -1. A CR at the very end is not judged: its LF may follow. */
function blankLineEnd(bytes: Buffer, from: number, start: number): number {
  let at = from
  for (;;) {
    at = nextLineBreak(bytes, at)
    if (at < 0) return -1
    // The search may begin between the two bytes of a CRLF.
    if (bytes[at] === LF && at > start && bytes[at - 1] === CR) at -= 1
    const next = lineBreakEnd(bytes, at)
    if (next < 0) return -1
    const lineStart = at === start || bytes[at - 1] === LF || bytes[at - 1] === CR
    if (lineStart) return next
    at = next
  }
}

function nextLineBreak(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(LF, from)
  // Almost no vendor sends a bare CR; look for one only in front of the next LF.
  const limit = lf < 0 ? bytes.length : lf
  const cr = bytes.subarray(from, limit).indexOf(CR)
  return cr < 0 ? lf : from + cr
}

function lineBreakEnd(bytes: Buffer, at: number): number {
  if (bytes[at] === LF) return at + 1
  if (at + 1 === bytes.length) return -1
  return bytes[at + 1] === LF ? at + 2 : at + 1
}

/** A blank line that ends in a CR was not judged, as its LF might have followed. */
function endsBlank(rest: Buffer): boolean {
  const before = rest.at(-2)
  return rest.at(-1) === CR && (before === CR || before === LF || before === undefined)
}

function parseFields(text: string): Frame | undefined {
  let event: string | undefined
  let data: string | undefined
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) {
      const value = line.charCodeAt(5) === 0x20 ? line.slice(6) : line.slice(5)
      data = data === undefined ? value : `${data}\n${value}`
    } else if (line.startsWith('event:')) {
      event = line.charCodeAt(6) === 0x20 ? line.slice(7) : line.slice(6)
    }
  }
  if (data === undefined) return undefined
  return event === undefined ? { data } : { event, data }
}

/** A frame as bytes on the wire. `data` must not contain line breaks (JSON text does not). */
export function encodeFrame(frame: Frame): string {
  return frame.event === undefined ? `data: ${frame.data}\n\n` : `event: ${frame.event}\ndata: ${frame.data}\n\n`
}

function encodeFrames(frames: readonly Frame[]): string {
  let out = ''
  for (const frame of frames) out += encodeFrame(frame)
  return out
}

/** Server-sent events: the framing of every dialect without its own. */
export const SSE: Framing = {
  mediaType: 'text/event-stream',
  contentType: 'text/event-stream; charset=utf-8',
  waiting: ': waiting\n\n',
  splitter: maxBytes => new SseSplitter(maxBytes),
  encode: encodeFrames,
}

/** The framing of a dialect's streams. */
export function framingOf({ framing = SSE }: Dialect): Framing {
  return framing
}
