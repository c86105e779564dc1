import type { ServerResponse } from 'node:http'
import { ClientStream, type Pausable, type ReplyHeaders } from './client-stream.ts'
import type { Envelope } from './envelope.ts'
import { framingOf, SseSplitter } from './sse.ts'
import type { StreamReader } from './stream-relay.ts'

/** Headers of a stream that is one JSON array. */
export const ARRAY_HEADERS = { 'content-type': 'application/json; charset=utf-8' } satisfies ReplyHeaders

/** White space between two elements is insignificant. */
const KEEP_ALIVE = '\n'

/** A stream as Google sends it without `alt=sse`: the data of each event is an element of one JSON array, sent as it comes. */
export class JsonArrayStream implements StreamReader {
  readonly #client: StreamReader
  /** Without a limit: larger events were refused before. */
  readonly #splitter = new SseSplitter(Number.MAX_SAFE_INTEGER)
  #begun = false

  constructor(client: StreamReader) {
    this.#client = client
  }

  write(chunk: Buffer | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    let out = ''
    for (const { frame } of this.#splitter.push(bytes)) {
      if (frame === undefined) continue
      out += `${this.#begun ? ',\r\n' : '['}${frame.data}`
      this.#begun = true
    }
    if (out !== '') this.#client.write(out)
  }

  end(): void {
    this.#client.write(this.#begun ? ']\n' : '[]\n')
    this.#client.end()
  }

  keepAlive(): void {
    this.#client.keepAlive?.(KEEP_ALIVE)
  }

  stop(): void {
    this.#client.stop?.()
  }
}

/** A whole event stream as that array. */
export function jsonArrayOf(events: Buffer): string {
  let array = ''
  const stream = new JsonArrayStream({
    write: chunk => {
      array += chunk
    },
    end: () => {},
  })
  stream.write(events)
  stream.end()
  return array
}

/** The client's side of a stream in the form that it requested, with its head sent. Events are written to either form alike. */
export function openClient(
  raw: ServerResponse,
  source: Pausable,
  headers: ReplyHeaders,
  { dialect, path }: Envelope,
): StreamReader {
  const client = new ClientStream(raw, source)
  const array = path?.array === true
  client.begin(array ? { ...headers, ...ARRAY_HEADERS } : headers, framingOf(dialect))
  return array ? new JsonArrayStream(client) : client
}
