import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

interface Told {
  readonly lines: number
  readonly dropped: number
  readonly grown: number
}

test('C18: while nobody takes the log, a bounded part of it waits, and what is dropped is counted', async (t: TestContext) => {
  const child = fork(join(import.meta.dirname, 'chatty.ts'), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const [told] = (await once(child, 'message')) as [Told]
  child.kill('SIGKILL')
  await once(child, 'exit')
  // 100,000 lines are 30 MB, of which 8 MiB may wait and some have gone into the pipe.
  t.assert.ok(told.dropped > told.lines / 2, `${told.dropped} dropped`)
  t.assert.ok(told.dropped < told.lines, 'what fits waits')
  t.assert.ok(told.grown < 64 * 1024 * 1024, `grew by ${told.grown}`)
})
