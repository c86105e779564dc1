import type { ReplyHeaders } from './client-stream.ts'
import { SseSplitter } from './sse.ts'
import type { StreamReader } from './stream-relay.ts'

/** Of a stream that is one JSON array; nothing on its way may buffer it either. */
export const ARRAY_HEADERS = { 'content-type': 'application/json; charset=utf-8' } satisfies ReplyHeaders

/** White space between two elements says nothing, and shows that we are still there. */
const SIGN = '\n'

/** A stream as Google sends it without `alt=sse`: the data of each event is an element of one JSON array, sent as it comes. */
export class JsonArrayStream implements StreamReader {
  readonly #client: StreamReader
  /** Events come whole: what is larger than the largest was refused before. */
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
    this.#client.keepAlive?.(SIGN)
  }

  stop(): void {
    this.#client.stop?.()
  }
}
