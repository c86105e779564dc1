import { setImmediate } from 'node:timers/promises'

/** Work in steps: it yields where other work may run in between. */
export type Steps<T> = Generator<undefined, T, undefined>

/** Runs all steps at once. Throws what they throw. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Runs each step in its own turn of the event loop. Rejects with what they throw. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  // An immediate that is set while input is handled runs in the same turn, ahead of all timers:
  // https://nodejs.org/learn/asynchronous-work/event-loop-timers-and-nexttick
  await setImmediate()
  for (;;) {
    await setImmediate()
    const step = steps.next()
    if (step.done) return step.value
  }
}
