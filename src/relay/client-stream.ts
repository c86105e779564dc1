import type { ServerResponse } from 'node:http'

/** Of every event stream; nothing on its way may compress or buffer it (A21). */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
}

/** How long a client may take for what is left in its buffer once the answer is over, ms. */
const FLUSH_LIMIT = 60_000

/** What a slow client holds back. */
export interface Pausable {
  pause(): void
  resume(): void
}

/** The client's side of a stream: writes, and makes the vendor wait while the client does not read. */
export class ClientStream {
  readonly #raw: ServerResponse
  readonly #source: Pausable
  #waiting = false

  constructor(raw: ServerResponse, source: Pausable) {
    this.#raw = raw
    this.#source = source
  }

  /** Sends the head of an event stream. `headers` are the reply's own. */
  begin(status: number, headers: Readonly<Record<string, number | string | string[] | undefined>>): void {
    this.#raw.writeHead(status, { ...(headers as Record<string, string>), ...STREAM_HEADERS })
  }

  write(chunk: Buffer | string): void {
    if (this.#raw.write(chunk) || this.#waiting) return
    this.#waiting = true
    this.#source.pause()
    this.#raw.once('drain', () => {
      this.#waiting = false
      this.#source.resume()
    })
  }

  /** A client that does not take the rest in reasonable time is hung up on: nothing else would ever end its request. */
  end(): void {
    this.#raw.end()
    if (this.#raw.writableLength === 0) return
    const timer = setTimeout(() => this.#raw.destroy(), FLUSH_LIMIT).unref()
    this.#raw.once('close', () => clearTimeout(timer))
  }
}
