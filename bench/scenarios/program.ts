import { spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { START_LIMIT } from '../processes.ts'
import { stop } from './child.ts'

const POLL = 10

/** The first of the commands that can be started here. */
export function findProgram(...commands: readonly string[]): string | undefined {
  return commands.find(command => spawnSync(command, ['-v']).error === undefined)
}

export interface Program extends AsyncDisposable {
  readonly pid: number
}

/** Starts a server that somebody else wrote, and waits until it listens on a port of loopback. Throws when it does not. */
export async function startProgram(command: string, args: readonly string[], port: number): Promise<Program> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const program = { pid: child.pid as number, [Symbol.asyncDispose]: () => stop(child) }
  const deadline = performance.now() + START_LIMIT
  while (!(await listens(port))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop(child)
      throw new Error(`${command} does not listen on port ${port}`)
    }
    await sleep(POLL)
  }
  return program
}

function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => socket.destroy())
    socket.once('close', hadError => resolve(!hadError))
    socket.once('error', () => {})
  })
}
