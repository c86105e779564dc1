import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** Linux counts the CPU time of a process in ticks of 1/100 s for every program that reads it (USER_HZ in proc(5)). */
const TICK_MICROSECONDS = 10_000
/** A process that is not ready after this long (ms) will not be: a dozen that start at once on one busy processor take half of it. */
export const START_LIMIT = 100_000
/** Linux gives away those from 32768 on, other systems higher ones; below, fetch refuses some. */
const PORTS = { first: 11_000, last: 32_000 }
/** How often (ms) readiness is asked for: the grain of the start-up figures. */
const POLL = 4

/** A program under test, or the upstream: a process of its own that listens at `url`. */
export interface Running extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** How it ended, in words; undefined while it runs. */
  ended(): string | undefined
}

/** Starts a script that prints its URL as its first line. Throws when it ends before. */
export async function startScript(script: string, args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const [url] = (await Promise.race([once(lines, 'line'), failure(child, script)])) as [string]
  return running(child, url)
}

export interface GatewayStart {
  /** The checkout whose `src/server.ts` is started. */
  readonly root: string
  readonly config: string
  readonly port: number
  /** Holds the compile cache. */
  readonly temporary: string
}

/**
 * Starts a gateway as a user would, its log going to /dev/null, and waits for the first 200 of /health/ready; `ms` is how
 * long that took from the spawn. Nothing of this process's environment reaches it but PATH: PORT or a vendor's key would
 * change what is measured.
 */
export async function startGateway(start: GatewayStart): Promise<{ gateway: Running; ms: number }> {
  const began = performance.now()
  const child = spawn(process.execPath, ['src/server.ts', '--config', start.config], {
    cwd: start.root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env.PATH, TMPDIR: start.temporary },
  })
  const url = `http://127.0.0.1:${start.port}`
  await Promise.race([ready(url, began + START_LIMIT), failure(child, 'the gateway')])
  return { gateway: running(child, url), ms: performance.now() - began }
}

/** Waits for the first 200 of /health/ready; `deadline` as performance.now() tells the time. Throws when it passes. */
export async function ready(url: string, deadline: number): Promise<void> {
  while (performance.now() < deadline) {
    if ((await statusOf(`${url}/health/ready`)) === 200) return
    await sleep(POLL)
  }
  throw new Error(`${url} was not ready within ${START_LIMIT} ms`)
}

/** 0 where nobody answers. The connection is closed: none of ours must be among those that are counted. */
function statusOf(url: string): Promise<number> {
  return new Promise(resolve => {
    const request = get(url, { agent: false }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.once('error', () => resolve(0))
  })
}

async function failure(child: ChildProcess, name: string): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`${name} ended with code ${code} instead of serving`)
}

function running(child: ChildProcess, url: string): Running {
  const ended = () => {
    if (child.signalCode !== null) return `was ended by ${child.signalCode}`
    return child.exitCode === null ? undefined : `ended with code ${child.exitCode}`
  }
  return {
    url,
    pid: child.pid as number,
    ended,
    async [Symbol.asyncDispose]() {
      if (ended() !== undefined) return
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    },
  }
}

/** A port that was free a moment ago, and is none of those that a system gives away by itself: nobody else comes upon it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.last)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** CPU time that a process has used since its start, all threads, user and system, in microseconds. */
export function cpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the program's name in parentheses, which may hold anything; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS
}

/** The most memory that a process ever held resident, in MiB. */
export function peakMemory(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) / 1024
}

/** The memory that a process holds resident now, in MiB. */
export function residentMemory(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) / 1024
}
