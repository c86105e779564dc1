import { createHash } from 'node:crypto'
import type { AnswerStore } from '../cache/store.ts'
import type { Turn } from '../call/call.ts'
import type { JsonObject } from '../call/json.ts'

/** Where a response was created: the target's id (`provider/model`) and the index of the provider's key. */
export interface Origin {
  readonly target: string
  readonly key: number
}

/** A response that the gateway stores itself: the conversation including the answer, and the answer as it was sent. */
export interface Held {
  readonly turns: readonly Turn[]
  readonly body: JsonObject
}

/** What is remembered of a response; `held` if the gateway stores it. */
interface Remembered {
  readonly origin: Origin
  readonly held?: Held
}

/** Remembers responses in the answer store. A caller finds only those that were given to it. */
export class ResponseMemory {
  readonly #store: AnswerStore

  constructor(store: AnswerStore) {
    this.#store = store
  }

  /** Resolves with undefined for an id that was not given to this caller or has expired. Never rejects. */
  async find(caller: string | undefined, id: string): Promise<Remembered | undefined> {
    const found = await this.#store.get(keyOf(caller, id))
    if (found?.fresh !== true || found.answer.body.length === 0) return undefined
    return JSON.parse(found.answer.body.toString('utf8')) as Remembered
  }

  /** Keeps it for `ttl` ms. */
  remember(caller: string | undefined, id: string, remembered: Remembered, ttl: number): void {
    this.#set(caller, id, Buffer.from(JSON.stringify(remembered)), ttl)
  }

  /** Overwrites it with an empty entry, since the store cannot delete; `ttl` in ms. */
  forget(caller: string | undefined, id: string, ttl: number): void {
    this.#set(caller, id, Buffer.alloc(0), ttl)
  }

  #set(caller: string | undefined, id: string, body: Buffer, ttl: number): void {
    this.#store.set(keyOf(caller, id), { status: 200, headers: {}, requestKey: '', body }, { ttl, staleFor: 0 })
  }
}

function keyOf(caller: string | undefined, id: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['response', caller ?? null, id]))
    .digest('base64')
}
