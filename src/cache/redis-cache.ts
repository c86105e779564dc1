import type { RedisLink } from '../redis/link.ts'
import { protocolError } from '../redis/replies.ts'
import type { KeptAnswer } from './answer.ts'
import { readAnswer, writeAnswer } from './codec.ts'
import type { MemoryCache } from './memory-cache.ts'
import type { AnswerStore, Found, Lifetime } from './store.ts'

/** The part of a Redis client that the cache needs. */
interface CacheClient {
  getBuffer(key: string): Promise<Buffer | null>
  pttl(key: string): Promise<number>
  set(key: string, value: Buffer, unit: 'PX', milliseconds: number): Promise<unknown>
}

/** Larger answers are not shared: fetching one would take longer than the timeout of Redis. */
export const MAX_SHARED_BYTES = 1024 * 1024

/**
 * Answers shared by all gateways on one Redis. The process's own memory is looked up first and stores what Redis had, so that without
 * Redis a gateway only misses the answers of others. Ages go by the server's clock.
 */
export class RedisCache implements AnswerStore {
  readonly #local: MemoryCache
  readonly #link: RedisLink
  readonly #client: CacheClient

  constructor(local: MemoryCache, link: RedisLink, client: CacheClient) {
    this.#local = local
    this.#link = link
    this.#client = client
  }

  get(key: string, waitedMs = 0): Found | undefined | Promise<Found | undefined> {
    const local = this.#local.get(key)
    return local?.fresh || this.#link.leftFor(waitedMs) <= 0 || !this.#link.usable()
      ? local
      : this.#fetch(key, waitedMs)
  }

  here(key: string): Found | undefined {
    return this.#local.get(key)
  }

  set(key: string, answer: KeptAnswer, lifetime: Lifetime): void {
    this.#local.set(key, answer, lifetime)
    if (answer.body.length > MAX_SHARED_BYTES || !this.#link.usable()) return
    const value = writeAnswer(answer, lifetime.staleFor)
    void this.#link.answer(this.#client.set(key, value, 'PX', lifetime.ttl + lifetime.staleFor))
  }

  close(): void {
    this.#link.close()
    this.#local.close()
  }

  async #fetch(key: string, waitedMs: number): Promise<Found | undefined> {
    const [value, remaining] = (await this.#link.answer(this.#query(key), waitedMs)) ?? [null, 0]
    const read = value === null || remaining <= 0 ? undefined : readAnswer(value)
    if (read !== undefined) {
      const { answer, staleFor } = read
      this.#local.set(key, answer, { ttl: remaining - staleFor, staleFor })
    }
    // Includes what this process has stored while it waited for Redis.
    return this.#local.get(key)
  }

  /** What is kept under a key, and for how many ms. Rejects with a protocol error where the replies are of another shape. */
  async #query(key: string): Promise<[value: Buffer | null, remaining: number]> {
    const [value, remaining] = await Promise.all([this.#client.getBuffer(key), this.#client.pttl(key)])
    if ((value !== null && !Buffer.isBuffer(value)) || !Number.isInteger(remaining)) throw protocolError()
    return [value, remaining]
  }
}
