import { bucketShare, type Taken } from './bucket.ts'
import { type Demand, isSlot, slotShare } from './demand.ts'
import type { MemoryBuckets } from './memory-buckets.ts'
import { MemorySlots } from './memory-slots.ts'
import { type Admission, Reservation, type ReservationStore } from './reservation.ts'

/** Room for whole requests in the limits of this process. Synchronous, and for that reason atomic. */
export class LocalLimits implements ReservationStore {
  readonly #buckets: MemoryBuckets
  readonly #slots = new MemorySlots()
  readonly #share: number

  /** `share` (above 0, at most 1) is the part of each limit that is reserved from. */
  constructor(buckets: MemoryBuckets, share = 1) {
    this.#buckets = buckets
    this.#share = share
  }

  reserve(demands: readonly Demand[]): Admission {
    const { refused, taken } = this.take(demands, this.#share)
    return { reservation: refused < 0 ? new Reservation(this, demands, this.#share) : undefined, refused, taken }
  }

  giveBack({ demands, share }: Reservation, used: number | undefined): void {
    this.settle(demands, share, used)
  }

  /** Takes all or nothing of `share` (above 0, at most 1) of each limit. */
  take(demands: readonly Demand[], share: number): Omit<Admission, 'reservation'> {
    const taken: Taken[] = []
    for (const demand of demands) {
      const answer = this.#takeOne(demand, share)
      taken.push(answer)
      if (answer.allowed) continue
      const refused = taken.length - 1
      this.cancel(demands.slice(0, refused), share)
      return { refused, taken }
    }
    return { refused: -1, taken }
  }

  /** Gives back all that was taken. */
  cancel(demands: readonly Demand[], share: number): void {
    for (const demand of demands) {
      if (isSlot(demand)) this.#slots.giveBack(demand.key)
      else this.#buckets.refund(demand.key, bucketShare(demand.bucket, demand.cost, share), demand.cost)
    }
  }

  /** Gives back slots, and of estimated costs what was not used; undefined: all was. */
  settle(demands: readonly Demand[], share: number, used: number | undefined): void {
    for (const demand of demands) {
      if (isSlot(demand)) this.#slots.giveBack(demand.key)
      else if (demand.estimated && used !== undefined) {
        this.#buckets.refund(demand.key, bucketShare(demand.bucket, demand.cost, share), demand.cost - used)
      }
    }
  }

  #takeOne(demand: Demand, share: number): Taken {
    if (isSlot(demand)) return this.#slots.take(demand.key, slotShare(demand.slots, share))
    return this.#buckets.take(demand.key, bucketShare(demand.bucket, demand.cost, share), demand.cost)
  }
}
