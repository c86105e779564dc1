import { setImmediate } from 'node:timers/promises'

/** Work that can be interrupted: it yields where others may have their turn. */
export type Steps<T> = Generator<undefined, T, undefined>

/** Does all steps at once. Throws what they throw. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Does each step in a turn of its own of the event loop. Rejects with what they throw. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  // An immediate that is set while input is handled still comes in the same turn, ahead of all timers:
  // https://nodejs.org/learn/asynchronous-work/event-loop-timers-and-nexttick
  await setImmediate()
  for (;;) {
    await setImmediate()
    const step = steps.next()
    if (step.done) return step.value
  }
}
