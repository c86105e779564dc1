import type { Gate } from '../gate.ts'
import type { Queue } from '../queue/queue.ts'

/** What of a target is pressed: what stands before it with each key. */
export interface Pressed {
  readonly candidates: readonly { readonly gate: Pick<Gate, 'ready' | 'well' | 'spent'> }[]
}

/** How hard a model is pressed at `now` (ms, monotonic), 0..1: by its targets or by those who wait for them, whichever is more. */
export function pressureOn(
  targets: readonly Pressed[],
  queue: Pick<Queue, 'fullness'> | undefined,
  now: number,
): number {
  return queue === undefined
    ? strainOn(targets, false, now)
    : Math.max(strainOn(targets, true, now), queue.fullness(now))
}

/**
 * The share of its targets, key by key, that is out of use: all of those that cannot be asked, and of the others as much as is
 * spent of their quota. Where requests may wait for a limit to pass, the queue tells how much that matters.
 */
function strainOn(targets: readonly Pressed[], mayWait: boolean, now: number): number {
  let count = 0
  let strain = 0
  for (const { candidates } of targets) {
    for (const { gate } of candidates) {
      count += 1
      strain += (mayWait ? gate.well(now) : gate.ready(now)) ? gate.spent(now) : 1
    }
  }
  return count === 0 ? 0 : strain / count
}
