import type { TestContext } from 'node:test'

export interface Clock {
  /** Lets so many ms go by. */
  pass(ms: number): void
}

/** Buckets fill again with time, and a machine under load takes its time: here it stands still, but for `pass`. */
export function stopClock(t: TestContext): Clock {
  let now = 1_000_000
  t.mock.restoreAll()
  t.mock.method(performance, 'now', () => now)
  return {
    pass: ms => {
      now += ms
    },
  }
}

/** A timer of ours that is held. */
interface Held {
  readonly at: number
  readonly ring: () => void
  unref(): Held
}

/**
 * The clock stands still for those who wait as well: our own timers go off in `pass` and at no other moment. Those of packages,
 * which outlive a test, go on.
 */
export function holdTime(t: TestContext): Clock {
  const clock = stopClock(t)
  const { setTimeout, clearTimeout } = globalThis
  const held = new Set<Held>()
  const hold = (ring: () => void, ms: number): Held => {
    const timer: Held = { at: performance.now() + ms, ring, unref: () => timer }
    held.add(timer)
    return timer
  }
  t.mock.method(globalThis, 'setTimeout', ((ring: () => void, ms = 0) =>
    isOurs(new Error().stack) ? hold(ring, ms) : setTimeout(ring, ms)) as typeof setTimeout)
  t.mock.method(globalThis, 'clearTimeout', (timer: Held & NodeJS.Timeout) => {
    if (!held.delete(timer)) clearTimeout(timer)
  })
  return {
    pass: ms => {
      clock.pass(ms)
      for (const timer of [...held].sort((one, other) => one.at - other.at)) {
        if (timer.at <= performance.now() && held.delete(timer)) timer.ring()
      }
    },
  }
}

/** Whether the code that called the test's own, which calls this, is the gateway's. */
function isOurs(stack = ''): boolean {
  const frames = stack.split('\n').slice(1)
  const caller = frames.find(frame => !/node:internal|callers\/clock\.ts/.test(frame))
  return caller !== undefined && /^(?!.*node_modules).*\/src\//.test(caller)
}
