import type { ByteSink, ByteStream } from '../upstream/byte-stream.ts'
import type { FailedOutcome } from '../upstream/failure.ts'

interface ByteReader {
  write(chunk: Buffer): void
  end(): void
  /** Cuts the connection: bytes cannot carry an error, and a part must not pass for the whole. */
  cut(): void
}

/** Relays an answer of any media type to the client, as it arrives. */
export class ByteRelay implements ByteSink {
  readonly #reader: ByteReader
  readonly #onEnd: (failure: FailedOutcome | undefined) => void

  /** `onEnd` is called once, before the client is ended. */
  constructor(reader: ByteReader, onEnd: (failure: FailedOutcome | undefined) => void) {
    this.#reader = reader
    this.#onEnd = onEnd
  }

  start(body: ByteStream): void {
    body.begin()
    body.attach(this)
  }

  data(chunk: Buffer): void {
    this.#reader.write(chunk)
  }

  end(): void {
    this.#onEnd(undefined)
    this.#reader.end()
  }

  fail(failure: FailedOutcome): void {
    this.#onEnd(failure)
    this.#reader.cut()
  }
}
