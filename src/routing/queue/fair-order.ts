import { kept } from '../../kept.ts'
import { Heap, type Spot } from './heap.ts'

/** Who shares with others, and what it asks for. */
export interface Sharer {
  readonly caller: string
  /** Weight of the caller beside others; more than 0. */
  readonly share: number
  /** Tokens, estimated. */
  readonly cost: number
  /** Ms on a monotonic clock. */
  readonly deadline: number
}

/** All that one caller has waiting. */
interface Lane<T> {
  readonly share: number
  readonly waiting: Heap<T>
  cost: number
  /** The start tag of whatever of it is served next. */
  start: number
  /** Its stand among the lanes; none while nothing waits. */
  spot: Spot<Lane<T>> | undefined
}

/** Where someone stands in the order. */
export interface Standing<T> {
  readonly lane: Lane<T>
  readonly spot: Spot<T>
}

/**
 * Shares the service among callers by weight, in tokens, and serves each caller's earliest deadline first: start-time fair
 * queueing (Goyal, Vin and Cheng, SIGCOMM 1996), whose virtual time is the start tag of what is in service, so that it needs
 * no knowledge of the rate of service. A caller that was away gains nothing by it. Every operation costs O(log n).
 */
export class FairOrder<T extends Sharer> {
  readonly #lanes = new Map<string, Lane<T>>()
  readonly #busy = new Heap<Lane<T>>()
  #virtualTime = 0
  #size = 0
  #cost = 0
  /** Of the callers that wait. */
  #shares = 0

  /** How many wait. */
  get size(): number {
    return this.#size
  }

  /** Tokens that all who wait ask for. */
  get cost(): number {
    return this.#cost
  }

  /** Who is to be served next. */
  get first(): T | undefined {
    return this.#busy.first?.item.waiting.first?.item
  }

  /** Tokens that are served before someone new of this caller, as far as its share lets the others go first. */
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

  /** Takes someone out who has not been served. */
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

  /** Takes someone out who is served, at the expense of its caller. */
  serve(standing: Standing<T>): void {
    const { lane, spot } = standing
    this.#virtualTime = Math.max(this.#virtualTime, lane.start)
    this.#delist(lane)
    this.#enlist(lane, lane.start + spot.item.cost / lane.share)
    this.remove(standing)
  }

  #laneOf({ caller, share }: T): Lane<T> {
    return kept(this.#lanes, caller, () => ({ share, waiting: new Heap(), cost: 0, start: 0, spot: undefined }))
  }

  #enlist(lane: Lane<T>, start: number): void {
    lane.start = start
    lane.spot = this.#busy.add(lane, start)
  }

  #delist(lane: Lane<T>): void {
    if (lane.spot !== undefined) this.#busy.remove(lane.spot)
    lane.spot = undefined
  }

  /** Nobody waits, so nobody is owed anything; and callers of an old config are forgotten. */
  #beginAnew(): void {
    this.#lanes.clear()
    this.#virtualTime = 0
    this.#shares = 0
  }
}
