import { FairOrder, type Sharer, type Standing } from './fair-order.ts'
import { Heap, type Spot } from './heap.ts'

export type Priority = 'interactive' | 'batch'

/** Someone in the line. Times in ms on one monotonic clock. */
export interface InLine extends Sharer {
  readonly priority: Priority
  /** When it first came; it may be here again. */
  readonly since: number
  /** A target has failed it already. */
  readonly retry: boolean
  /** The line's own note of where it stands; undefined while it does not. */
  stand: Stand | undefined
}

interface Stand {
  /** Where in the order of its class; retries stand in none. */
  readonly ranked: { readonly order: FairOrder<InLine>; readonly standing: Standing<InLine> } | undefined
  readonly due: Spot<InLine>
}

/**
 * Who waits, and who is next: interactive before batch, and within a class fair shares. A batch request that has waited half
 * of its time counts as interactive from then on, so that a stream of interactive ones delays it and does not starve it.
 *
 * Those whom a target has failed stand apart: what is left differs from one to the next, so that the refusal of one says
 * nothing of the others, and they must not hold up those who have all targets before them.
 */
export class Line<T extends InLine> {
  readonly #interactive = new FairOrder<InLine>()
  readonly #batch = new FairOrder<InLine>()
  readonly #retries = new Set<InLine>()
  /** Everybody, by when something is to be done about it. */
  readonly #due = new Heap<InLine>()

  get size(): number {
    return this.#due.size
  }

  /** Those whom a target has failed, in the order in which they came. */
  get retries(): Iterable<T> {
    return this.#retries as Set<T>
  }

  /** How many stand in order. */
  get ranked(): number {
    return this.#due.size - this.#retries.size
  }

  /** Who is next of those that stand in order. */
  get first(): T | undefined {
    return (this.#interactive.first ?? this.#batch.first) as T | undefined
  }

  /** When somebody grows older or runs out of time. */
  get dueAt(): number {
    return this.#due.first?.key ?? Number.POSITIVE_INFINITY
  }

  /** Tokens that go before someone who comes now. */
  ahead(newcomer: T, now: number): number {
    if (newcomer.retry) return 0
    if (isInteractive(newcomer, now)) return this.#interactive.ahead(newcomer)
    return this.#interactive.cost + this.#batch.ahead(newcomer)
  }

  add(item: T, now: number): void {
    const ages = !item.retry && !isInteractive(item, now)
    const due = this.#due.add(item, ages ? halfTime(item) : item.deadline)
    if (item.retry) this.#retries.add(item)
    item.stand = { ranked: item.retry ? undefined : rank(item, ages ? this.#batch : this.#interactive), due }
  }

  /** Takes someone out; false when it does not stand here. `served` at the expense of its caller. */
  remove(item: T, served = false): boolean {
    const { stand } = item
    if (stand === undefined) return false
    item.stand = undefined
    this.#due.remove(stand.due)
    if (stand.ranked === undefined) this.#retries.delete(item)
    else if (served) stand.ranked.order.serve(stand.ranked.standing)
    else stand.ranked.order.remove(stand.ranked.standing)
    return true
  }

  /** Takes out one whose time is up at `now`; undefined when there is none. */
  takeExpired(now: number): T | undefined {
    for (let due = this.#due.first; due !== undefined && due.key <= now; due = this.#due.first) {
      const item = due.item as T
      this.remove(item)
      if (item.deadline <= now) return item
      this.add(item, now)
    }
    return undefined
  }
}

function rank(item: InLine, order: FairOrder<InLine>): NonNullable<Stand['ranked']> {
  return { order, standing: order.add(item) }
}

function isInteractive(item: InLine, now: number): boolean {
  return item.priority === 'interactive' || halfTime(item) <= now
}

function halfTime({ since, deadline }: InLine): number {
  return (since + deadline) / 2
}
