import type { ServerResponse } from 'node:http'
import type { Framing } from '../dialects/framing.ts'
import { deadlines, type Expirable } from '../upstream/deadlines.ts'

/** Of every event stream; nothing on its way may compress or buffer it (A21). */
export function streamHeaders({ contentType }: Framing): Record<string, string> {
  return { 'content-type': contentType, 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }
}

/** How long a client may take for what is left in its buffer once the answer is over, ms. */
const FLUSH_LIMIT = 60_000

/** A client that was sent nothing for this long (ms) is sent a sign of life: clients and proxies cut what is silent (A17-A19). */
const LONGEST_SILENCE = 15_000

/** What a slow client holds back. */
export interface Pausable {
  pause(): void
  resume(): void
}

/** What a reply has set so far. */
export type ReplyHeaders = Readonly<Record<string, number | string | string[] | undefined>>

/** The head of every event stream. */
export function writeStreamHead(raw: ServerResponse, headers: ReplyHeaders, framing: Framing): void {
  raw.writeHead(200, { ...streamHeaders(framing), ...(headers as Record<string, string>) })
}

/** The client's side of a stream: writes, and makes the vendor wait while the client does not read. */
export class ClientStream implements Expirable {
  dueTick = 0
  slot = -1
  readonly #raw: ServerResponse
  readonly #source: Pausable
  #waiting = false
  #sign: string | Buffer = ''

  constructor(raw: ServerResponse, source: Pausable) {
    this.#raw = raw
    this.#source = source
  }

  /** Sends the head of an event stream, unless it was begun early. */
  begin(headers: ReplyHeaders, framing: Framing): void {
    if (!this.#raw.headersSent) writeStreamHead(this.#raw, headers, framing)
  }

  /** From now on the client is sent `sign` when there is nothing else for long. */
  keepAlive(sign: string | Buffer): void {
    this.#sign = sign
    this.#expectSilence()
    deadlines.watch(this)
  }

  onDue(): void {
    // Who does not read what is there has no use for more.
    if (!this.#waiting) this.#raw.write(this.#sign)
    this.#expectSilence()
    deadlines.watch(this)
  }

  #expectSilence(): void {
    this.dueTick = deadlines.after(LONGEST_SILENCE)
  }

  write(chunk: Buffer | string): void {
    this.#expectSilence()
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

  /** A client that does not take the rest in reasonable time is hung up on: nothing else would ever end its request. */
  end(): void {
    this.stop()
    this.#raw.end()
    if (this.#raw.writableLength === 0) return
    const timer = setTimeout(() => this.#raw.destroy(), FLUSH_LIMIT).unref()
    this.#raw.once('close', () => clearTimeout(timer))
  }
}
