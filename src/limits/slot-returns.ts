import { getOrCreate } from '../get-or-create.ts'
import type { RedisLink } from '../redis/link.ts'
import { type Demand, isSlot } from './demand.ts'
import { type LimitScripts, SLOTS_A_RUN } from './limit-scripts.ts'

/**
 * Slots whose requests ended while Redis did not answer. They are given back when it does: until they lapsed they would keep
 * callers out who hold nothing.
 */
export class SlotReturns {
  readonly #link: RedisLink
  readonly #scripts: LimitScripts
  /** Who holds them, by key. */
  readonly #owed = new Map<string, string[]>()

  constructor(link: RedisLink, scripts: LimitScripts) {
    this.#link = link
    this.#scripts = scripts
  }

  /** Those among the demands that are slots are to be given back, held by `id`. */
  owe(demands: readonly Demand[], id: string): void {
    for (const { key } of demands.filter(isSlot)) getOrCreate(this.#owed, key, () => []).push(id)
  }

  /** Gives back what it can. Never rejects. */
  async flush(): Promise<void> {
    for (const [key, ids] of this.#owed) {
      if (!this.#link.shared) return
      this.#owed.delete(key)
      while (ids.length > 0) {
        const some = ids.splice(-SLOTS_A_RUN)
        if ((await this.#link.answer(this.#scripts.release(key, some))) !== undefined) continue
        this.#owed.set(key, [...(this.#owed.get(key) ?? []), ...ids, ...some])
        return
      }
    }
  }
}
