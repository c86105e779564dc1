import type { Caller } from '../../config/callers.ts'
import type { Refusal } from '../gate.ts'
import type { FairOrder, Sharer, Standing } from './fair-order.ts'
import type { Spot } from './heap.ts'

/** A request that the queue refuses or gives up: why, and in how many ms a retry is worthwhile. */
export interface Shed {
  readonly reason: 'full' | 'too-long' | 'expired'
  readonly waitMs: number
}

/** A waiter's positions: in the fair order of its class (not for retries), and in the order of time. */
export interface Stand {
  readonly ranked: { readonly order: FairOrder<Waiter>; readonly standing: Standing<Waiter> } | undefined
  readonly due: Spot<Waiter>
}

/** A request in a queue. Times in ms on the clock of the queue. */
export interface Waiter extends Sharer {
  readonly priority: Caller['priority']
  /** When it first entered; it may enter again. */
  readonly since: number
  /** A target has failed it already. */
  readonly retry: boolean
  /** Set by the queue: it was let out before. If it is back, it was not served, and its caller is not charged again. */
  paid: boolean
  /** Set by the line; undefined while it is not in it. */
  stand: Stand | undefined
  /** Tries its targets at `now`: the refusal while they are at their limits; else it was served, or has nothing to wait for. */
  tryTurn(now: number): Refusal | 'served' | 'hopeless'
  /** Its time is up. */
  expire(shed: Shed): void
}
