import assert from 'node:assert/strict'
import cluster from 'node:cluster'
import { test } from 'node:test'
import type { Config } from '../../src/config/config.ts'
import { WorkerProcess } from '../../src/workers/worker-process.ts'

/** A real process, of another program than Sluice: it does nothing. */
function start(): WorkerProcess {
  cluster.setupPrimary({ exec: '-e', args: ['process.on("message", () => {})'] })
  return new WorkerProcess(1, {
    config: { listen: { drain: 5_000 } } as Config,
    share: 1,
    opsKey: 'key-of-the-primary',
  })
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

test('one that hangs at its start is ended after a limit longer than that of its plugins', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const worker = start()
  t.mock.timers.tick(34_999)
  assert.equal(await Promise.race([worker.ended, 'lives']), 'lives')
  t.mock.timers.tick(1)
  assert.equal(await worker.ended, 'it has not started in 35 s')
  await assert.rejects(worker.built, /^Error: it has not started in 35 s$/)
})

test('one that does not take a config is ended, which refuses nothing: the next one begins with it', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const worker = start()
  const applied = worker.apply({} as Config)
  t.mock.timers.tick(30_000)
  assert.equal(await applied, undefined)
  assert.equal(await worker.ended, 'it has not taken the config in 30 s')
})
