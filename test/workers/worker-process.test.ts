import assert from 'node:assert/strict'
import cluster from 'node:cluster'
import { test } from 'node:test'
import type { Config } from '../../src/config/config.ts'
import { WorkerProcess } from '../../src/workers/worker-process.ts'

/** A real process, of another program than Sluice: it does nothing. */
function start(): WorkerProcess {
  cluster.setupPrimary({ exec: '-e', args: ['process.on("message", () => {})'] })
  return new WorkerProcess(1, { config: {} as Config, share: 1, opsKey: 'key-of-the-primary' })
}

test('one for which the system makes no process has ended, with the reason', async t => {
  const { execPath } = process
  t.after(() => {
    process.execPath = execPath
  })
  process.execPath = '/no/such/node'
  const worker = start()
  assert.equal(await worker.ended, 'spawn /no/such/node ENOENT')
  await assert.rejects(worker.built, /ended before it could serve \(spawn \/no\/such\/node ENOENT\)/)
})
