import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort, ready, START_LIMIT } from '../../bench/processes.ts'
import { ROOT } from '../source-tree.ts'

/** A disk without room, as Linux has one at hand. */
const FULL = '/dev/full'

test('a log that cannot be written keeps the gateway neither from serving nor from ending', {
  skip: existsSync(FULL) ? false : 'no /dev/full here',
}, async (t: TestContext) => {
  t.plan(2)
  const directory = mkdtempSync(join(tmpdir(), 'sluice-full-'))
  const port = await freePort()
  const child = spawn(process.execPath, [join(ROOT, 'src/server.ts')], {
    cwd: directory,
    env: { PATH: process.env.PATH, PORT: String(port), OPS_PORT: '0' },
    stdio: ['ignore', openSync(FULL, 'w'), 'inherit'],
  })
  t.after(() => {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true })
  })
  const url = `http://127.0.0.1:${port}`
  await ready(url, performance.now() + START_LIMIT)
  // Its first lines have been tried, and refused.
  await new Promise(resolve => setTimeout(resolve, 300))
  const { status } = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/echo', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  t.assert.equal(status, 200)
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  t.assert.deepEqual(await exit, [0, null])
})

test('a disk that is full only when the last lines are written does not keep the process from ending', {
  skip: existsSync(FULL) ? false : 'no /dev/full here',
}, async (t: TestContext) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'last-words.ts')], {
    stdio: ['ignore', openSync(FULL, 'w'), 'inherit', 'ipc'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [[dropped], exit] = await Promise.all([once(child, 'message'), once(child, 'exit')])
  t.assert.deepEqual(exit, [0, null])
  t.assert.equal(dropped, 2)
})
