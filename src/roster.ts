/** Something that can stand in a roster, which keeps its place in `slot`: -1 while it stands in none. */
export interface Entry {
  slot: number
}

/**
 * What comes and goes with every request, in an array without gaps: the last entry takes the place of one that leaves. A Set
 * must not be used for that: its outgrown tables point to the next ones, so that once a table has become old, every request
 * since then survives until the next full collection (a tenth of the CPU time of a gateway under load).
 */
export class Roster<T extends Entry> {
  readonly #entries: T[] = []

  get size(): number {
    return this.#entries.length
  }

  /** The entry at a place; walk backwards when entries may leave meanwhile. */
  at(slot: number): T | undefined {
    return this.#entries[slot]
  }

  add(entry: T): void {
    if (entry.slot >= 0) return
    entry.slot = this.#entries.length
    this.#entries.push(entry)
  }

  remove(entry: T): void {
    const { slot } = entry
    if (slot < 0) return
    entry.slot = -1
    const last = this.#entries.pop() as T
    if (last === entry) return
    this.#entries[slot] = last
    last.slot = slot
  }
}
