import type { Caller } from '../../config/callers.ts'
import type { Refusal } from '../gate.ts'
import type { FairOrder, Sharer, Standing } from './fair-order.ts'
import type { Spot } from './heap.ts'

/** Someone the queue does not let in, or no longer keeps: why, and in how many ms another try is worth while. */
export interface Shed {
  readonly reason: 'full' | 'too-long' | 'expired'
  readonly waitMs: number
}

/** Where someone stands in line: in the order of its class, except for retries, and in that of time. */
export interface Stand {
  readonly ranked: { readonly order: FairOrder<Waiter>; readonly standing: Standing<Waiter> } | undefined
  readonly due: Spot<Waiter>
}

/** Someone in a queue. Times in ms on the clock of the queue. */
export interface Waiter extends Sharer {
  readonly priority: Caller['priority']
  /** When it first came; it may be here again. */
  readonly since: number
  /** A target has failed it already. */
  readonly retry: boolean
  /** The queue's own note: it was let out before. If it is back, it was not served, and its caller is not charged again. */
  paid: boolean
  /** The line's own note; undefined while it does not stand there. */
  stand: Stand | undefined
  /** Tries its targets at `now`: the refusal while they are at their limits; else it has what it waited for, or need not wait. */
  tryTurn(now: number): Refusal | 'served' | 'hopeless'
  /** Its time is up. */
  expire(shed: Shed): void
}
