import type { Loss } from '../call/loss.ts'

/** A finished answer, as the client was sent it: a stream is kept as the bytes of its events, and replayed as a stream. */
export interface CachedAnswer {
  readonly contentType: string
  readonly body: Buffer
  /** `provider/model` that gave it. */
  readonly target: string
  /** What the answer, or its request, lost on the way. */
  readonly losses: readonly Loss[]
}

interface Entry {
  readonly answer: CachedAnswer
  readonly expires: number
}

/** What an entry takes beside its body, about. */
const ENTRY_BYTES = 1024
/** Answers take at most this much memory together; the least recently used go first. */
const MAX_BYTES = 64 * 1024 * 1024
/** One answer larger than this is not kept. */
export const MAX_ANSWER_BYTES = 1024 * 1024

/** Exact answers to exact requests, bounded in bytes, each for its time. */
export class MemoryCache {
  readonly #entries = new Map<string, Entry>()
  readonly #now: () => number
  #bytes = 0

  /** `now` is a monotonic clock in ms. */
  constructor(now: () => number) {
    this.#now = now
  }

  get(key: string): CachedAnswer | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#drop(key, entry)
    if (entry.expires <= this.#now()) return undefined
    this.#keep(key, entry)
    return entry.answer
  }

  /** Keeps an answer for `ttl` ms. */
  set(key: string, answer: CachedAnswer, ttl: number): void {
    if (answer.body.length > MAX_ANSWER_BYTES) return
    const former = this.#entries.get(key)
    if (former !== undefined) this.#drop(key, former)
    this.#keep(key, { answer: { ...answer, body: alone(answer.body) }, expires: this.#now() + ttl })
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= MAX_BYTES) break
      this.#drop(oldest, entry)
    }
  }

  #keep(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.#bytes += entry.answer.body.length + ENTRY_BYTES
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= entry.answer.body.length + ENTRY_BYTES
  }
}

/** A copy in memory of its own: a small Buffer is a view of the large piece that was read off the socket, and would keep all of it. */
function alone(body: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(body.length)
  body.copy(copy)
  return copy
}
