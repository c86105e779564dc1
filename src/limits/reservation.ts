import type { Entry } from '../roster.ts'
import type { Taken } from './bucket.ts'
import type { Demand } from './demand.ts'

/** The answer to a request that asks for room in several limits at once. */
export interface Admission {
  /** What was taken; undefined when one of the demands could not be met, and then nothing was. */
  readonly reservation: Reservation | undefined
  /** Place of the demand that could not be met; -1 when all were. */
  readonly refused: number
  /** How each limit stands, in the order of the demands; a refusal may end with the limit that refused. */
  readonly taken: readonly Taken[]
}

/** Where room is taken for whole requests. */
export interface ReservationStore {
  /** Takes all that is asked for or nothing. A plain value when no other machine had to be asked. Never throws or rejects. */
  reserve(demands: readonly Demand[]): Admission | Promise<Admission>
  /** Gives back what a reservation held; `used` as in its `settle`. Called by it alone, once. */
  giveBack(reservation: Reservation, used: number | undefined): void
}

/** What a request holds of its limits from its admission to its end. */
export class Reservation implements Entry {
  /** Its place among those that hold slots in Redis. */
  slot = -1
  /** Names its slots there. */
  readonly id: string
  readonly demands: readonly Demand[]
  /** The share of its limits under which this process counted it. */
  readonly share: number
  /** Redis has counted it too. */
  shared = false
  /** Redis may hold its slots: it was asked for them, whatever came of it, or to renew them. */
  mayHoldShared = false
  readonly #store: ReservationStore
  #settled = false

  constructor(store: ReservationStore, demands: readonly Demand[], share = 1, id = '') {
    this.#store = store
    this.demands = demands
    this.share = share
    this.id = id
  }

  /**
   * The request is over: its slots are free, and of estimated costs `used` tokens stay taken, more or less than was reserved;
   * undefined: exactly that. Only the first call counts.
   */
  settle(used: number | undefined): void {
    if (this.#settled) return
    this.#settled = true
    this.#store.giveBack(this, used)
  }
}
