import type { Refusal } from '../gate.ts'
import { Alarm } from './alarm.ts'
import { Line } from './line.ts'
import { ReleaseRate } from './release-rate.ts'
import type { Signal } from './signal.ts'
import type { Shed, Waiter } from './waiter.ts'

export interface QueueSettings {
  /** Longest wait, ms. */
  readonly maxWait: number
  /** Most requests that wait at once; for interactive ones, batch ones do not count. */
  readonly maxDepth: number
  /** Long waiting streams are begun early, and kept alive. */
  readonly keepAlive: boolean
}

/**
 * The requests of one route that wait for room: bounded, and driven by events. Waiters are tried whenever an attempt at one of the
 * route's targets has ended, a breaker has changed, the shortest reported wait is over, or a waiter ages or expires. One timer serves
 * for all of this, and there is none while the queue is empty. Permits are taken here, in order, so no waiter is overtaken between
 * being called and running.
 */
export class Queue {
  readonly settings: QueueSettings
  /** Monotonic clock, ms. */
  readonly now: () => number
  readonly #changes: readonly Signal[]
  readonly #line = new Line()
  readonly #alarm = new Alarm(() => this.#pump())
  #subscriptions: (() => void)[] = []
  #called = false
  /** When there may be room, by the shortest wait that was reported. */
  #roomAt = Infinity
  #rate = new ReleaseRate(0)

  /** `changes` emit when there may be room at one of the targets, or nothing to wait for any more. */
  constructor(settings: QueueSettings, changes: readonly Signal[], now: () => number) {
    this.settings = settings
    this.#changes = changes
    this.now = now
  }

  /** How many wait. */
  get depth(): number {
    return this.#line.size
  }

  /** Whether waiters have a claim to all that a new request could be given. */
  get busy(): boolean {
    return this.#line.ranked > 0
  }

  /**
   * How full it is at `now`, 0..1: its depth relative to `maxDepth`, or the time to serve all waiters relative to `maxWait`, whichever
   * is more. Batch requests do not count.
   */
  fullness(now: number): number {
    if (this.depth === 0) return 0
    const { maxDepth, maxWait } = this.settings
    const waitMs = this.#waitFor(this.#line.pressingCost, this.#roomAt, now)
    return Math.min(1, Math.max(this.#line.pressing / maxDepth, waitMs / maxWait))
  }

  /** Adds a waiter, or says why not. `refusal` is that of its own try, where it has just made one. */
  enter(waiter: Waiter, refusal: Refusal | undefined): Shed | undefined {
    const now = this.now()
    const roomAt = refusal === undefined ? this.#roomAt : now + refusal.waitMs
    const waitMs = this.#estimate(waiter, roomAt, now)
    if (this.#line.crowd(waiter, now) >= this.settings.maxDepth) return { reason: 'full', waitMs }
    if (now + waitMs > waiter.deadline) return { reason: 'too-long', waitMs }
    if (this.depth === 0) this.#open(now)
    else if (waiter.paid) this.#rate.add(-waiter.cost, now)
    this.#roomAt = Math.min(this.#roomAt, roomAt)
    this.#line.add(waiter, now)
    this.#setAlarm(now)
    return undefined
  }

  /** Removes a waiter that waits no longer; false when it was not here. */
  leave(waiter: Waiter): boolean {
    const left = this.#line.remove(waiter)
    if (left && this.depth === 0) this.#close()
    return left
  }

  /** In a microtask, as several attempts often end at once, and the cooldown of a 429 is only set just after its attempt has ended. */
  readonly #call = (): void => {
    if (this.#called) return
    this.#called = true
    queueMicrotask(() => this.#pump())
  }

  #pump(): void {
    this.#called = false
    if (this.depth === 0) return
    const now = this.now()
    this.#roomAt = Infinity
    for (const waiter of this.#line.retries) this.#offer(waiter, now)
    let first = this.#line.first
    while (first !== undefined && this.#offer(first, now)) first = this.#line.first
    this.#expire(now)
    if (this.depth === 0) this.#close()
    else this.#setAlarm(now)
  }

  /** Lets a waiter try; true when it waits no longer. */
  #offer(waiter: Waiter, now: number): boolean {
    const turn = waiter.tryTurn(now)
    if (typeof turn === 'object') {
      this.#roomAt = Math.min(this.#roomAt, now + turn.waitMs)
      return false
    }
    const served = turn === 'served'
    this.#line.remove(waiter, served && !waiter.paid)
    if (served) {
      this.#rate.add(waiter.cost, now)
      waiter.paid = true
    }
    return true
  }

  #expire(now: number): void {
    for (let late = this.#line.takeExpired(now); late !== undefined; late = this.#line.takeExpired(now)) {
      late.expire({ reason: 'expired', waitMs: this.#estimate(late, this.#roomAt, now) })
    }
  }

  /** Estimated wait of a newcomer, ms. */
  #estimate(waiter: Waiter, roomAt: number, now: number): number {
    return this.#waitFor(this.#line.ahead(waiter, now), roomAt, now)
  }

  /** Ms until there is room at all, and until so many tokens are served. */
  #waitFor(ahead: number, roomAt: number, now: number): number {
    const rate = this.depth === 0 ? 0 : this.#rate.perMs(now)
    const untilRoom = Number.isFinite(roomAt) ? Math.max(0, roomAt - now) : 0
    return Math.max(untilRoom, rate === 0 ? 0 : ahead / rate)
  }

  #setAlarm(now: number): void {
    this.#alarm.set(Math.min(this.#roomAt, this.#line.dueAt), now)
  }

  #open(now: number): void {
    this.#rate = new ReleaseRate(now)
    this.#roomAt = Infinity
    this.#subscriptions = this.#changes.map(change => change.subscribe(this.#call))
  }

  #close(): void {
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe()
    this.#alarm.clear()
  }
}
