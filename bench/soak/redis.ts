import { freePort } from '../processes.ts'
import { findProgram, type Program, startProgram } from '../scenarios/program.ts'

/** A Redis that can be killed and started again on its port, empty. */
export interface OwnRedis extends AsyncDisposable {
  readonly url: string
  kill(): Promise<void>
  start(): Promise<void>
}

/** Throws, saying how to install it, when there is none on this machine. */
export async function startRedis(): Promise<OwnRedis> {
  const command = findProgram('redis-server', 'valkey-server')
  if (command === undefined) throw new Error('Redis is not installed. Debian: apt-get install redis-server')
  const port = await freePort()
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no']
  let program: Program | undefined
  const redis: OwnRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      program = await startProgram(command, args, port)
    },
    async kill() {
      await program?.[Symbol.asyncDispose]()
      program = undefined
    },
    [Symbol.asyncDispose]: () => redis.kill(),
  }
  await redis.start()
  return redis
}
