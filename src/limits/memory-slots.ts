import { getOrCreate } from '../get-or-create.ts'
import type { Taken } from './bucket.ts'
import { describeSlots } from './demand.ts'

/** The slots that this process has given away, by key. */
export class MemorySlots {
  /** As many as the config names: an entry stays when it is back at 0, as it will be wanted again. */
  readonly #counts = new Map<string, { taken: number }>()

  take(key: string, slots: number): Taken {
    const count = getOrCreate(this.#counts, key, none)
    const allowed = count.taken < slots
    if (allowed) count.taken += 1
    return describeSlots(slots, count.taken, allowed)
  }

  giveBack(key: string): void {
    getOrCreate(this.#counts, key, none).taken -= 1
  }
}

function none(): { taken: number } {
  return { taken: 0 }
}
