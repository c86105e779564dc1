import type { TestContext } from 'node:test'

/** Buckets fill again with time, and a machine under load takes its time: here it stands still, but for `pass`. */
export function stopClock(t: TestContext): { pass(ms: number): void } {
  let now = 1_000_000
  t.mock.restoreAll()
  t.mock.method(performance, 'now', () => now)
  return {
    pass: ms => {
      now += ms
    },
  }
}
