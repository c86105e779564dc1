import { MAX_ANSWER_BYTES } from './memory-cache.ts'

/** What a stream sent to the client, kept aside up to a size; `bytes` is undefined once it was too much. */
export class StreamCopy {
  #chunks: Buffer[] | undefined = []
  #size = 0

  push(chunk: Buffer | string): void {
    if (this.#chunks === undefined) return
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    this.#size += bytes.length
    if (this.#size > MAX_ANSWER_BYTES) this.#chunks = undefined
    else this.#chunks.push(bytes)
  }

  get bytes(): Buffer | undefined {
    return this.#chunks === undefined ? undefined : Buffer.concat(this.#chunks)
  }
}
