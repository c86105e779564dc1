import { FairOrder } from './fair-order.ts'
import { Heap } from './heap.ts'
import type { Waiter } from './waiter.ts'

/**
 * The waiting requests, and which is next: interactive before batch, and within a class fair shares. A batch request that has waited
 * half of its time counts as interactive from then on, so that interactive ones delay it and do not starve it.
 *
 * Retries stand apart: the targets that are left differ from one to the next, so that the refusal of one says nothing about the
 * others, and they must not hold up requests that may use all targets.
 */
export class Line {
  readonly #interactive = new FairOrder<Waiter>()
  readonly #batch = new FairOrder<Waiter>()
  readonly #retries = new Set<Waiter>()
  /** All of them, by the time of their next change: aging or expiry. */
  readonly #due = new Heap<Waiter>()

  get size(): number {
    return this.#due.size
  }

  /** Those that a target has failed, in order of arrival. */
  get retries(): Iterable<Waiter> {
    return this.#retries
  }

  /** How many are ranked: all but retries. */
  get ranked(): number {
    return this.#due.size - this.#retries.size
  }

  /** The next of those that are ranked. */
  get first(): Waiter | undefined {
    return this.#interactive.first ?? this.#batch.first
  }

  /** How many wait, without batch requests, which are meant to wait. */
  get pressing(): number {
    return this.size - this.#batch.size
  }

  /** The tokens of the ranked ones among them. */
  get pressingCost(): number {
    return this.#interactive.cost
  }

  /** When the next one ages or expires. */
  get dueAt(): number {
    return this.#due.first?.key ?? Infinity
  }

  /** How many places of the queue are taken for a newcomer: batch requests take none from interactive ones. */
  crowd(newcomer: Waiter, now: number): number {
    return isInteractive(newcomer, now) ? this.pressing : this.size
  }

  /** Tokens that are ahead of a newcomer. */
  ahead(newcomer: Waiter, now: number): number {
    if (newcomer.retry) return 0
    if (isInteractive(newcomer, now)) return this.#interactive.ahead(newcomer)
    return this.#interactive.cost + this.#batch.ahead(newcomer)
  }

  add(waiter: Waiter, now: number): void {
    const ages = !waiter.retry && !isInteractive(waiter, now)
    const due = this.#due.add(waiter, ages ? halfTime(waiter) : waiter.deadline)
    if (waiter.retry) this.#retries.add(waiter)
    const order = ages ? this.#batch : this.#interactive
    waiter.stand = { ranked: waiter.retry ? undefined : { order, standing: order.add(waiter) }, due }
  }

  /** Removes a waiter; false when it is not here. `served` charges its caller for it. */
  remove(waiter: Waiter, served = false): boolean {
    const { stand } = waiter
    if (stand === undefined) return false
    waiter.stand = undefined
    this.#due.remove(stand.due)
    if (stand.ranked === undefined) this.#retries.delete(waiter)
    else if (served) stand.ranked.order.serve(stand.ranked.standing)
    else stand.ranked.order.remove(stand.ranked.standing)
    return true
  }

  /** Removes one that has expired at `now`; undefined when there is none. */
  takeExpired(now: number): Waiter | undefined {
    for (let due = this.#due.first; due !== undefined && due.key <= now; due = this.#due.first) {
      const waiter = due.item
      this.remove(waiter)
      if (waiter.deadline <= now) return waiter
      this.add(waiter, now)
    }
    return undefined
  }
}

function isInteractive(waiter: Waiter, now: number): boolean {
  return waiter.priority === 'interactive' || halfTime(waiter) <= now
}

function halfTime({ since, deadline }: Waiter): number {
  return (since + deadline) / 2
}
