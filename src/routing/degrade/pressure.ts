import type { Gate } from '../gate.ts'
import type { Queue } from '../queue/queue.ts'

/** The gates of a target, one for each key. */
export interface Pressed {
  readonly candidates: readonly { readonly gate: Pick<Gate, 'ready' | 'well' | 'spent'> }[]
}

/** The pressure on a model at `now` (ms, monotonic), 0..1: of its targets or of its queue, whichever is more. */
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
 * The share of its targets, key by key, that cannot be used: all of those that are not ready, and of the others as much as is used up
 * of their quota. Where requests may queue for a limit, being at a limit does not count here, but in the fullness of the queue.
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
