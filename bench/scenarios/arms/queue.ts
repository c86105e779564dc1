import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../processes.ts'
import { startChild } from '../child.ts'
import { findProgram, startProgram } from '../program.ts'
import type { WorkerSettings } from '../queue-worker.ts'
import type { Arm } from './arm.ts'

const REDIS = findProgram('redis-server', 'valkey-server')

const WORKER = join(import.meta.dirname, '../queue-worker.ts')

/** Calls under way at most, for each vendor: with about 0.6 s a call this comes close to the vendor's limit, and not over it. */
const CONCURRENCY = 72

/** A durable queue: Redis streams that are written to disk, and one worker for each vendor, which retries at the other one. */
export const queue: Arm = {
  name: 'queue',
  absent: () => (REDIS === undefined ? 'redis-server is not installed' : undefined),
  async start({ script, vendors, temporary, programs }) {
    const port = await freePort()
    const folder = mkdtempSync(join(temporary, 'redis-'))
    const durable = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--dir', folder]
    const args = ['--bind', '127.0.0.1', '--port', String(port), ...durable]
    const pids = [programs.use(await startProgram(REDIS as string, args, port)).pid]
    const redis = `redis://127.0.0.1:${port}`
    for (const index of vendors.keys()) {
      const worker = programs.use(startChild(WORKER))
      const rotated = [...vendors.slice(index), ...vendors.slice(0, index)]
      const settings = { name: `worker-${index}`, redis, vendors: rotated, seed: script.seed + index }
      await worker.ask('open', { ...settings, concurrency: CONCURRENCY } satisfies WorkerSettings)
      pids.push(worker.pid)
    }
    return { client: { kind: 'queue', redis }, pids }
  },
}
