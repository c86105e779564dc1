import type { ServerResponse } from 'node:http'
import type { Framing } from '../dialects/framing.ts'
import { deadlines, type Expirable } from '../upstream/deadlines.ts'

/** Headers of every event stream; no proxy may compress or buffer it (A21). */
export function streamHeaders({ contentType }: Framing): Record<string, string> {
  return { 'content-type': contentType, 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }
}

/** How long a client may take to read what is buffered once the answer is over, ms. */
const FLUSH_LIMIT = 60_000

/** Interval of keep-alives, ms: clients and proxies cut silent connections (A17-A19). */
const KEEP_ALIVE_INTERVAL = 15_000

/** What a slow client pauses. */
export interface Pausable {
  pause(): void
  resume(): void
}

/** The headers that a reply has set so far. */
export type ReplyHeaders = Readonly<Record<string, number | string | string[] | undefined>>

/** Sends the head of an event stream. */
export function writeStreamHead(raw: ServerResponse, headers: ReplyHeaders, framing: Framing): void {
  raw.writeHead(200, { ...streamHeaders(framing), ...(headers as Record<string, string>) })
}

/** The client's side of a stream: writes, and pauses the vendor while the client does not read. */
export class ClientStream implements Expirable {
  dueTick = 0
  slot = -1
  readonly #raw: ServerResponse
  readonly #source: Pausable
  #waiting = false
  #keepAlive: string | Buffer = ''

  constructor(raw: ServerResponse, source: Pausable) {
    this.#raw = raw
    this.#source = source
  }

  /** Sends the head of an event stream, unless it was begun early. */
  begin(headers: ReplyHeaders, framing: Framing): void {
    if (!this.#raw.headersSent) writeStreamHead(this.#raw, headers, framing)
  }

  /** From now on the client is sent these bytes whenever there is nothing else for long. */
  keepAlive(bytes: string | Buffer): void {
    this.#keepAlive = bytes
    this.#resetKeepAlive()
    deadlines.watch(this)
  }

  onDue(): void {
    // A client that does not read needs no keep-alive.
    if (!this.#waiting) this.#raw.write(this.#keepAlive)
    this.#resetKeepAlive()
    deadlines.watch(this)
  }

  #resetKeepAlive(): void {
    this.dueTick = deadlines.after(KEEP_ALIVE_INTERVAL)
  }

  write(chunk: Buffer | string): void {
    this.#resetKeepAlive()
    if (this.#raw.write(chunk) || this.#waiting) return
    this.#waiting = true
    this.#source.pause()
    this.#raw.once('drain', () => {
      this.#waiting = false
      this.#source.resume()
    })
  }

  /** Nothing more is sent. */
  stop(): void {
    deadlines.forget(this)
  }

  /** Ends the stream. The connection of a client that does not read the rest is cut: nothing else would ever end its request. */
  end(): void {
    this.stop()
    this.#raw.end()
    if (this.#raw.writableLength === 0) return
    const timer = setTimeout(() => this.#raw.destroy(), FLUSH_LIMIT).unref()
    this.#raw.once('close', () => clearTimeout(timer))
  }
}
