import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { Handler } from '../upstream.ts'

/** Status and headers of an answer; content-type and length are added where they are missing. */
interface Head {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** Kills the connection without a word (FIN, no end of the chunked body) once the pieces before it are on the wire. */
export const CUT = Symbol('cut')
/** As CUT, with a reset (RST). */
export const RESET = Symbol('reset')

/**
 * What a stream is made of, in order. Text and bytes are each a chunk of their own for the reader, whatever TCP does. A
 * promise holds the stream back until it settles: `Promise.withResolvers()` makes one that the test releases.
 */
export type Piece = string | Uint8Array | Promise<unknown> | typeof CUT | typeof RESET

/** A whole answer: JSON text for an object, otherwise the text or bytes as they are. */
export function whole(body: object | string | Uint8Array, head: Head = {}): Handler {
  const isBytes = body instanceof Uint8Array
  const bytes = isBytes ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return (_request, response) => {
    response.writeHead(head.status ?? 200, {
      'content-type': 'application/json',
      'content-length': bytes.length,
      ...head.headers,
    })
    response.end(bytes)
  }
}

/** A chunked answer out of pieces, by default an event stream. Waits for slow readers; stops when the reader has gone. */
export function stream(pieces: Iterable<Piece> | AsyncIterable<Piece>, head: Head = {}): Handler {
  return async (_request, response) => {
    response.writeHead(head.status ?? 200, { 'content-type': 'text/event-stream', ...head.headers })
    response.flushHeaders()
    let sent = Promise.resolve()
    // This awaits the promises among the pieces, too.
    for await (const piece of pieces) {
      if (response.destroyed) return
      if (piece === CUT || piece === RESET) {
        await sent
        if (piece === CUT) response.destroy()
        else resetSocket(response)
        return
      }
      if (typeof piece === 'string' || piece instanceof Uint8Array) sent = write(response, piece)
      if (response.writableNeedDrain) await sent
    }
    response.end()
  }
}

/** Settles when the bytes have left the process or the reader has gone. */
function write(response: ServerResponse, piece: string | Uint8Array): Promise<void> {
  return new Promise(resolve => response.write(piece, () => resolve()))
}

/** The bytes in pieces that end at the given offsets, and the rest. */
export function cutAt(bytes: Uint8Array | string, offsets: readonly number[]): Buffer[] {
  const buffer = Buffer.from(bytes)
  const edges = [0, ...offsets, buffer.length]
  return edges.slice(1).map((end, index) => buffer.subarray(edges[index], end))
}

/** Each byte a piece of its own. */
export function byteByByte(bytes: Uint8Array | string): Buffer[] {
  return Array.from(Buffer.from(bytes), byte => Buffer.of(byte))
}

/** A stream that dies after so many bytes. */
export function dieAfter(count: number, bytes: Uint8Array | string, head?: Head): Handler {
  return stream([Buffer.from(bytes).subarray(0, count), CUT], head)
}

/** Resets the connection before any header. */
export function reset(): Handler {
  return (_request, response) => resetSocket(response)
}

/** Takes the request and never answers. */
export function silence(): Handler {
  return () => {}
}

/** Answers, then closes the kept-alive connection without having announced it. */
export function thenClose(handler: Handler): Handler {
  return (request, response) => {
    const { socket } = response
    response.once('finish', () => socket?.end())
    return handler(request, response)
  }
}

/** Answers the first request of each connection; drops the connection when a second one comes on it. */
export function dropReused(handler: Handler): Handler {
  return (request, response) => {
    if (request.turn === 1) return handler(request, response)
    response.destroy()
  }
}

/** What a recording of a vendor's traffic holds, as far as it matters here. */
interface Recording {
  readonly stream?: boolean
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly encoding?: 'base64'
  }
}

/** They spoke of the recorded connection, not of this one. */
const NOT_REPLAYED = new Set([
  'connection',
  'keep-alive',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'date',
])

/** Answers what was recorded in a JSON file; `cut` says in which pieces (whole unless given). */
export function fromRecording(file: string, cut: (body: Buffer) => Iterable<Piece> = body => [body]): Handler {
  const { response, stream: isStream } = JSON.parse(readFileSync(file, 'utf8')) as Recording
  const headers = Object.entries(response.headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !NOT_REPLAYED.has(name))
  return stream(cut(Buffer.from(response.body, response.encoding ?? 'utf8')), {
    status: response.status,
    headers: { 'content-type': usualType(response, isStream === true), ...Object.fromEntries(headers) },
  })
}

/** Of recordings that were kept without their headers. */
function usualType({ status, encoding }: Recording['response'], isStream: boolean): string {
  if (!isStream || status !== 200) return 'application/json'
  return encoding === 'base64' ? 'application/vnd.amazon.eventstream' : 'text/event-stream'
}

function resetSocket(response: ServerResponse): void {
  response.socket?.resetAndDestroy()
}
