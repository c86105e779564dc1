import { FairOrder } from './fair-order.ts'
import { Heap } from './heap.ts'
import type { Stand, Waiter } from './waiter.ts'

/**
 * Who waits, and who is next: interactive before batch, and within a class fair shares. A batch request that has waited half
 * of its time counts as interactive from then on, so that a stream of interactive ones delays it and does not starve it.
 *
 * Those whom a target has failed stand apart: what is left differs from one to the next, so that the refusal of one says
 * nothing of the others, and they must not hold up those who have all targets before them.
 */
export class Line {
  readonly #interactive = new FairOrder<Waiter>()
  readonly #batch = new FairOrder<Waiter>()
  readonly #retries = new Set<Waiter>()
  /** Everybody, by when something is to be done about it. */
  readonly #due = new Heap<Waiter>()

  get size(): number {
    return this.#due.size
  }

  /** Those whom a target has failed, in the order in which they came. */
  get retries(): Iterable<Waiter> {
    return this.#retries
  }

  /** How many stand in order. */
  get ranked(): number {
    return this.#due.size - this.#retries.size
  }

  /** Who is next of those that stand in order. */
  get first(): Waiter | undefined {
    return this.#interactive.first ?? this.#batch.first
  }

  /** How many wait; batch requests do not count, for they are there to wait. */
  get pressing(): number {
    return this.size - this.#batch.size
  }

  /** The tokens of those of them that stand in order. */
  get pressingCost(): number {
    return this.#interactive.cost
  }

  /** When somebody grows older or runs out of time. */
  get dueAt(): number {
    return this.#due.first?.key ?? Infinity
  }

  /** How many have their places before those that a newcomer may take: batch requests take none from interactive ones. */
  crowd(newcomer: Waiter, now: number): number {
    return isInteractive(newcomer, now) ? this.pressing : this.size
  }

  /** Tokens that go before someone who comes now. */
  ahead(newcomer: Waiter, now: number): number {
    if (newcomer.retry) return 0
    if (isInteractive(newcomer, now)) return this.#interactive.ahead(newcomer)
    return this.#interactive.cost + this.#batch.ahead(newcomer)
  }

  add(waiter: Waiter, now: number): void {
    const ages = !waiter.retry && !isInteractive(waiter, now)
    const due = this.#due.add(waiter, ages ? halfTime(waiter) : waiter.deadline)
    if (waiter.retry) this.#retries.add(waiter)
    waiter.stand = { ranked: waiter.retry ? undefined : rank(waiter, ages ? this.#batch : this.#interactive), due }
  }

  /** Takes someone out; false when it does not stand here. `served` at the expense of its caller. */
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

  /** Takes out one whose time is up at `now`; undefined when there is none. */
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

function rank(waiter: Waiter, order: FairOrder<Waiter>): NonNullable<Stand['ranked']> {
  return { order, standing: order.add(waiter) }
}

function isInteractive(waiter: Waiter, now: number): boolean {
  return waiter.priority === 'interactive' || halfTime(waiter) <= now
}

function halfTime({ since, deadline }: Waiter): number {
  return (since + deadline) / 2
}
