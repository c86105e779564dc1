import { Roster } from '../roster.ts'

/** Length of a tick, ms: a deadline may fire this late. */
export const TICK_MS = 25

/** Something that can run out of time; `slot` is -1 while it is not watched. */
export interface Expirable {
  /** The tick at which time is up; may be moved at any time by plain assignment. */
  dueTick: number
  slot: number
  onDue(): void
}

/**
 * All deadlines of the process on one coarse interval. Moving a deadline is an assignment; a timer for each chunk of each stream would
 * cost more than the rest of relaying it. The interval runs only while something is watched.
 */
class Deadlines {
  #now = 0
  readonly #watched = new Roster<Expirable>()
  #interval: NodeJS.Timeout | undefined

  /** The tick that lies `ms` from now, at least one tick ahead. */
  after(ms: number): number {
    return this.#now + Math.ceil(ms / TICK_MS) + 1
  }

  watch(entry: Expirable): void {
    this.#watched.add(entry)
    this.#interval ??= setInterval(() => this.#tick(), TICK_MS).unref()
  }

  forget(entry: Expirable): void {
    this.#watched.remove(entry)
  }

  #tick(): void {
    this.#now += 1
    if (this.#watched.size === 0) {
      clearInterval(this.#interval)
      this.#interval = undefined
      return
    }
    for (let slot = this.#watched.size - 1; slot >= 0; slot -= 1) {
      const entry = this.#watched.at(slot)
      if (entry !== undefined && entry.dueTick <= this.#now) {
        this.forget(entry)
        entry.onDue()
      }
    }
  }
}

export const deadlines = new Deadlines()
