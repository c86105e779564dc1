import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { timeOf } from './timing.ts'

/** Keeps a processor busy for so long, ms. */
function compute(ms: number): void {
  const before = process.threadCpuUsage()
  for (let done = 0; done < ms; ) {
    const { user, system } = process.threadCpuUsage(before)
    done = (user + system) / 1_000
  }
}

/** Stands still for so long (ms), as where a busy machine lets others run. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('what is computed counts, and what is waited for', async (t: TestContext) => {
  t.assert.ok((await timeOf(() => compute(30))) >= 29)
  // Timers may be early by a ms, and a machine may be busy now.
  while ((await timeOf(() => delay(30))) < 29);
})

test('a time in which the process does not run does not count', async (t: TestContext) => {
  const ms = await timeOf(async () => {
    await delay(10)
    standStill(200)
    await delay(10)
  })
  t.assert.ok(ms < 100, `${ms} ms`)
})
