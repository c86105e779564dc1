import { getOrCreate } from '../get-or-create.ts'
import type { RedisLink } from '../redis/link.ts'
import { Roster } from '../roster.ts'
import { isSlot } from './demand.ts'
import { type LimitScripts, SLOTS_A_RUN } from './limit-scripts.ts'
import type { Reservation } from './reservation.ts'
import type { SlotReturns } from './slot-returns.ts'

/** Renewals within the life of a slot: two may fail before it lapses. */
const RENEWALS_PER_LIFE = 3

/** Keeps the slots that this process holds in Redis from lapsing, by one timer for all. */
export class SlotRenewal {
  readonly #link: RedisLink
  readonly #scripts: LimitScripts
  readonly #held = new Roster<Reservation>()
  readonly #timer: NodeJS.Timeout

  /** `slotTtl` in ms, as the scripts have it. What is owed of slots that ended is given back in the same rhythm. */
  constructor(link: RedisLink, scripts: LimitScripts, returns: SlotReturns, slotTtl: number) {
    this.#link = link
    this.#scripts = scripts
    const renew = (): void => {
      void returns.flush()
      void this.#renewAll()
    }
    this.#timer = setInterval(renew, slotTtl / RENEWALS_PER_LIFE)
    this.#timer.unref()
  }

  /** Ignores a reservation without slots. */
  add(reservation: Reservation): void {
    if (reservation.demands.some(isSlot)) this.#held.add(reservation)
  }

  remove(reservation: Reservation): void {
    this.#held.remove(reservation)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Never rejects. */
  async #renewAll(): Promise<void> {
    if (this.#held.size === 0 || !this.#link.shared) return
    for (const [key, holders] of this.#holdersByKey()) {
      while (holders.length > 0) {
        // One that was given back meanwhile must not be put there again.
        const held = holders.splice(-SLOTS_A_RUN).filter(isHeld)
        for (const reservation of held) reservation.mayHoldShared = true
        if (held.length > 0) await this.#link.answer(this.#scripts.renew(key, held.map(idOf)))
      }
    }
  }

  #holdersByKey(): Map<string, Reservation[]> {
    const holders = new Map<string, Reservation[]>()
    for (let slot = 0; slot < this.#held.size; slot += 1) {
      const reservation = this.#held.at(slot) as Reservation
      for (const { key } of reservation.demands.filter(isSlot)) getOrCreate(holders, key, () => []).push(reservation)
    }
    return holders
  }
}

function isHeld({ slot }: Reservation): boolean {
  return slot >= 0
}

function idOf({ id }: Reservation): string {
  return id
}
