import type { KeptAnswer } from './answer.ts'
import type { AnswerStore, Found, Lifetime } from './store.ts'

interface Entry {
  readonly answer: KeptAnswer
  readonly freshUntil: number
  readonly expires: number
}

/** Approximate size of an entry besides its body. */
const ENTRY_BYTES = 1024
/** Most memory for all answers; the least recently used are evicted first. */
export const MAX_BYTES = 64 * 1024 * 1024

/** The answer store of one process: LRU, bounded in bytes, with a lifetime for each answer. */
export class MemoryCache implements AnswerStore {
  readonly #entries = new Map<string, Entry>()
  readonly #now: () => number
  #bytes = 0

  /** `now` is a monotonic clock in ms. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Size of all entries, for tests. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Found | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#drop(key, entry)
    const now = this.#now()
    if (entry.expires <= now) return undefined
    this.#keep(key, entry)
    return { answer: entry.answer, fresh: now < entry.freshUntil }
  }

  here(key: string): Found | undefined {
    return this.get(key)
  }

  set(key: string, answer: KeptAnswer, { ttl, staleFor }: Lifetime): void {
    const former = this.#entries.get(key)
    if (former !== undefined) this.#drop(key, former)
    const freshUntil = this.#now() + ttl
    this.#keep(key, { answer: { ...answer, body: detached(answer.body) }, freshUntil, expires: freshUntil + staleFor })
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= MAX_BYTES) break
      this.#drop(oldest, entry)
    }
  }

  close(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  #keep(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.#bytes += sizeOf(entry)
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= sizeOf(entry)
  }
}

function sizeOf({ answer }: Entry): number {
  return answer.body.length + ENTRY_BYTES
}

/** A copy in its own memory: a small Buffer is a view of the large chunk that was read off the socket, and would retain all of it. */
function detached(body: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(body.length)
  body.copy(copy)
  return copy
}
