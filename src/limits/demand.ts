import type { Bucket, Taken } from './bucket.ts'

/** `cost` tokens of a bucket, of which what is not used comes back at the end. */
export interface BucketDemand {
  readonly key: string
  readonly bucket: Bucket
  readonly cost: number
  /** The cost is an estimate that the end of the request corrects; otherwise it is spent. */
  readonly estimated: boolean
}

/** One of `slots` places, until it is given back. */
interface SlotDemand {
  readonly key: string
  readonly slots: number
}

/** What a request asks of one of its limits. */
export type Demand = BucketDemand | SlotDemand

export function isSlot(demand: Demand): demand is SlotDemand {
  return 'slots' in demand
}

/** More than floating point gets wrong: 98 times a 49th is a little less than 2. */
const ROUNDING = 1e-9

/** What one process gives away of slots that several share: `share` (above 0, at most 1) of them, and one at least, or nothing would pass. */
export function slotShare(slots: number, share: number): number {
  return Math.max(1, Math.floor(slots * share + ROUNDING))
}

/** When a request that found no slot may try again, ms: nobody knows when one of the others ends. */
const SLOT_RETRY_MS = 1000

/** The answer of a limit of `slots` places of which `taken` are in use. */
export function describeSlots(slots: number, taken: number, allowed: boolean): Taken {
  return { allowed, remaining: Math.max(0, slots - taken), retryAfterMs: allowed ? 0 : SLOT_RETRY_MS, resetMs: 0 }
}
