import { createHash } from 'node:crypto'
import type { AnswerStore } from '../cache/store.ts'
import type { Turn } from '../call/call.ts'
import type { JsonObject } from '../call/json.ts'

/** Who gave a response: the target's id (`provider/model`), and which of the provider's keys was shown. */
export interface Origin {
  readonly target: string
  readonly key: number
}

/** A response that the gateway keeps itself: the conversation up to and with the answer, and the answer as it was given. */
export interface Held {
  readonly turns: readonly Turn[]
  readonly body: JsonObject
}

/** What is remembered of a response. `held` where its vendor keeps none. */
interface Remembered {
  readonly origin: Origin
  readonly held?: Held
}

/** Which caller was given which response, in the answer store. A caller finds its own only: to others an id says nothing. */
export class ResponseMemory {
  readonly #store: AnswerStore

  constructor(store: AnswerStore) {
    this.#store = store
  }

  /** Resolves with undefined for an id that this caller was not given, or not lately. Never rejects. */
  async find(caller: string | undefined, id: string): Promise<Remembered | undefined> {
    const found = await this.#store.get(keyOf(caller, id))
    if (found?.fresh !== true || found.answer.body.length === 0) return undefined
    return JSON.parse(found.answer.body.toString('utf8')) as Remembered
  }

  /** Keeps it for `ttl` ms. */
  remember(caller: string | undefined, id: string, remembered: Remembered, ttl: number): void {
    this.#set(caller, id, Buffer.from(JSON.stringify(remembered)), ttl)
  }

  /** What is empty is not there; the store has no other way to take something out. */
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
