import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from '../bench/processes.ts'

const BINARY = ['redis-server', 'valkey-server'].map(findOnPath).find(found => found !== undefined)

/** For the `skip` option of tests that need any Redis: false, or why there is none. */
export const redisMissing = process.env.REDIS_URL || BINARY ? false : 'neither REDIS_URL nor a redis-server binary'

/** For the `skip` option of tests that freeze or stop Redis, which only a server of their own allows. */
export const redisBinaryMissing = BINARY ? false : 'no redis-server binary'

/** A name that no other test run uses: REDIS_URL may be anyone's database. */
export function uniqueKey(): string {
  return `test-${randomUUID()}`
}

/** A Redis for the tests of one file; `stop` ends it if it was started here. */
export async function startRedis(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env.REDIS_URL
  return given ? { url: given, stop: async () => {} } : startOwnRedis()
}

/** A server process that a test may freeze, stop, and start again on the same port. */
export interface OwnRedis {
  readonly url: string
  freeze(): void
  thaw(): void
  stop(): Promise<void>
  restart(): Promise<void>
}

export async function startOwnRedis(): Promise<OwnRedis> {
  const port = await freePort()
  let server = await spawnRedis(port)
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    stop: () => kill(server),
    async restart() {
      server = await spawnRedis(port)
    },
  }
}

async function spawnRedis(port: number): Promise<ChildProcess> {
  const flags = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', tmpdir()]
  const server = spawn(BINARY ?? 'redis-server', flags, { stdio: ['ignore', 'pipe', 'ignore'] })
  const killWithUs = (): void => void server.kill('SIGKILL')
  process.once('exit', killWithUs)
  server.once('exit', () => process.off('exit', killWithUs))
  await ready(server.stdout)
  return server
}

async function ready(stdout: AsyncIterable<unknown>): Promise<void> {
  let output = ''
  for await (const chunk of stdout) {
    output += chunk
    if (output.includes('Ready to accept connections')) return
  }
  throw new Error(`Redis did not start: ${output}`)
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, 'exit')
  server.kill('SIGKILL')
  await exited
}

function findOnPath(name: string): string | undefined {
  const candidates = (process.env.PATH ?? '').split(delimiter).map(folder => join(folder, name))
  return candidates.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
