import type { ServerResponse } from 'node:http'

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

  /** Sends the head of an event stream. `headers` are the reply's own; nothing here may compress or buffer (A21). */
  begin(status: number, headers: Readonly<Record<string, number | string | string[] | undefined>>): void {
    this.#raw.writeHead(status, {
      ...(headers as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    })
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

  end(): void {
    this.#raw.end()
  }
}
