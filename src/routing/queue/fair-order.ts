import { getOrCreate } from '../../get-or-create.ts'
import { Heap, type Spot } from './heap.ts'

/** An item that is ordered fairly among callers. */
export interface Sharer {
  readonly caller: string
  /** Weight of the caller beside others; more than 0. */
  readonly share: number
  /** Tokens, estimated. */
  readonly cost: number
  /** Ms on a monotonic clock. */
  readonly deadline: number
}

/** The waiting items of one caller. */
interface Lane<T> {
  readonly share: number
  readonly waiting: Heap<T>
  cost: number
  /** The start tag of its next item. */
  start: number
  /** Its spot among the lanes; undefined while nothing waits. */
  spot: Spot<Lane<T>> | undefined
}

/** An item's position in the order. */
export interface Standing<T> {
  readonly lane: Lane<T>
  readonly spot: Spot<T>
}

/**
 * Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): callers share the service by weight, in tokens, and each caller's
 * earliest deadline comes first. Virtual time is the start tag of the item in service, so the rate of service need not be known. An
 * idle caller saves up nothing. Every operation costs O(log n).
 */
export class FairOrder<T extends Sharer> {
  readonly #lanes = new Map<string, Lane<T>>()
  readonly #busy = new Heap<Lane<T>>()
  #virtualTime = 0
  #size = 0
  #cost = 0
  /** Sum of the shares of the callers that wait. */
  #shares = 0

  /** How many wait. */
  get size(): number {
    return this.#size
  }

  /** Tokens of all waiting items. */
  get cost(): number {
    return this.#cost
  }

  /** The item to serve next. */
  get first(): T | undefined {
    return this.#busy.first?.item.waiting.first?.item
  }

  /** Estimate of the tokens that are served before a new item of this caller. */
  ahead({ caller, share }: Sharer): number {
    const lane = this.#lanes.get(caller)
    if (lane?.spot === undefined) return 0
    return Math.min(this.#cost, (lane.cost * this.#shares) / share)
  }

  add(item: T): Standing<T> {
    const lane = this.#laneOf(item)
    lane.cost += item.cost
    this.#cost += item.cost
    this.#size += 1
    if (lane.spot === undefined) {
      this.#shares += lane.share
      this.#enlist(lane, Math.max(lane.start, this.#virtualTime))
    }
    return { lane, spot: lane.waiting.add(item, item.deadline) }
  }

  /** Removes an item that was not served. */
  remove({ lane, spot }: Standing<T>): void {
    const { cost } = spot.item
    lane.waiting.remove(spot)
    lane.cost -= cost
    this.#cost -= cost
    this.#size -= 1
    if (lane.waiting.size > 0) return
    this.#delist(lane)
    this.#shares -= lane.share
    if (this.#busy.size === 0) this.#beginAnew()
  }

  /** Removes an item that is served, and charges its caller. */
  serve(standing: Standing<T>): void {
    const { lane, spot } = standing
    this.#virtualTime = Math.max(this.#virtualTime, lane.start)
    this.#delist(lane)
    this.#enlist(lane, lane.start + spot.item.cost / lane.share)
    this.remove(standing)
  }

  #laneOf({ caller, share }: T): Lane<T> {
    return getOrCreate(this.#lanes, caller, () => ({ share, waiting: new Heap(), cost: 0, start: 0, spot: undefined }))
  }

  #enlist(lane: Lane<T>, start: number): void {
    lane.start = start
    lane.spot = this.#busy.add(lane, start)
  }

  #delist(lane: Lane<T>): void {
    if (lane.spot !== undefined) this.#busy.remove(lane.spot)
    lane.spot = undefined
  }

  /** Nothing waits, so no caller is owed anything. Also drops callers of an old config. */
  #beginAnew(): void {
    this.#lanes.clear()
    this.#virtualTime = 0
    this.#shares = 0
  }
}
