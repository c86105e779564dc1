import { randomUUID } from 'node:crypto'
import { describeTake, type Taken } from './bucket.ts'
import { type Demand, describeSlots, isSlot } from './demand.ts'
import type { ScriptAnswer } from './limit-scripts.ts'
import type { LocalLimits } from './local-limits.ts'
import { type Admission, Reservation, type ReservationStore } from './reservation.ts'
import type { SharedParts } from './shared-buckets.ts'
import type { SlotRenewal } from './slot-renewal.ts'
import type { SlotReturns } from './slot-returns.ts'

/** Room for whole requests in limits that all gateways on one Redis share; asked and taken over as in SharedBuckets. */
export class SharedLimits implements ReservationStore {
  readonly #local: LocalLimits
  readonly #renewal: SlotRenewal
  readonly #returns: SlotReturns
  readonly #parts: SharedParts
  readonly #process = randomUUID()
  #count = 0

  constructor(local: LocalLimits, renewal: SlotRenewal, returns: SlotReturns, parts: SharedParts) {
    this.#local = local
    this.#renewal = renewal
    this.#returns = returns
    this.#parts = parts
  }

  reserve(demands: readonly Demand[]): Admission | Promise<Admission> {
    const { link, localShare } = this.#parts
    const usable = link.usable()
    const share = usable ? 1 : localShare
    const local = this.#local.take(demands, share)
    if (local.refused >= 0) return { reservation: undefined, ...local }
    this.#count += 1
    const reservation = new Reservation(this, demands, share, `${this.#process}:${this.#count}`)
    if (usable) return this.#ask(reservation, local.taken)
    return this.#admit(reservation, local.taken)
  }

  giveBack(reservation: Reservation, used: number | undefined): void {
    const { demands, share, id } = reservation
    this.#renewal.remove(reservation)
    this.#local.settle(demands, share, used)
    const owed = demands.flatMap(demand => owedOf(demand, reservation, used))
    if (owed.length > 0) void this.#giveBackShared(owed, id)
  }

  async #giveBackShared(owed: readonly Demand[], id: string): Promise<void> {
    const { link, scripts } = this.#parts
    const isDone = link.shared && (await link.answer(scripts.giveBack(owed, id))) !== undefined
    if (!isDone) this.#returns.owe(owed, id)
  }

  async #ask(reservation: Reservation, local: readonly Taken[]): Promise<Admission> {
    const { link, scripts } = this.#parts
    const { demands, id } = reservation
    reservation.mayHoldShared = true
    const answer = await link.answer(scripts.take(demands, id))
    if (answer === undefined) return this.#admit(reservation, local)
    const taken = demands.map((demand, index) => describe(demand, index, answer))
    const { refused } = answer
    if (refused >= 0) {
      this.#local.cancel(demands, 1)
      return { reservation: undefined, refused, taken }
    }
    reservation.shared = true
    return this.#admit(reservation, taken)
  }

  #admit(reservation: Reservation, taken: readonly Taken[]): Admission {
    this.#renewal.add(reservation)
    return { reservation, refused: -1, taken }
  }
}

/** What Redis is to give back of a demand. */
function owedOf(demand: Demand, { shared, mayHoldShared }: Reservation, used: number | undefined): Demand[] {
  if (isSlot(demand)) return mayHoldShared ? [demand] : []
  if (!shared || !demand.estimated || used === undefined || used === demand.cost) return []
  return [{ ...demand, cost: demand.cost - used }]
}

function describe(demand: Demand, index: number, { refused, levels }: ScriptAnswer): Taken {
  const level = levels[index] as number
  const allowed = index !== refused
  if (isSlot(demand)) return describeSlots(demand.slots, level, allowed)
  return describeTake(demand.bucket, demand.cost, allowed, level)
}
