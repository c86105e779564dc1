import type { ByteSink, ByteStream } from '../upstream/byte-stream.ts'
import { deadlines, type Expirable } from '../upstream/deadlines.ts'

/** How long a vendor may take to close a stream after its last event, ms. */
const PATIENCE = 1_000

class Linger implements ByteSink, Expirable {
  dueTick = deadlines.after(PATIENCE)
  slot = -1
  readonly #body: ByteStream

  constructor(body: ByteStream) {
    this.#body = body
  }

  data(): void {}

  end(): void {
    deadlines.forget(this)
  }

  fail(): void {
    deadlines.forget(this)
  }

  onDue(): void {
    this.#body.abort()
  }
}

/**
 * Drains a stream whose answer is complete, so that its connection can be reused; aborts it when the end does not come.
 */
export function linger(body: ByteStream): void {
  const rest = new Linger(body)
  deadlines.watch(rest)
  body.resume()
  body.attach(rest)
}
