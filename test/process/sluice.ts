import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ROOT } from '../source-tree.ts'

/**
 * Where the programs keep what they have compiled. They look for it themselves, but only once Node has loaded its compiler of TypeScript
 * for their first file, which takes each of them 60 ms. Apart from that of the tests: V8 takes nothing compiled under other flags.
 */
const COMPILED = join(ROOT, 'node_modules/.cache/compile-programs')

export interface Started {
  /** The working directory. */
  readonly directory: string
  /** Settles with the exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals | null>
  /** All that was written so far. */
  readonly stdout: string
  readonly stderr: string
  /** Waits until standard output holds this; throws when the process ends without it. */
  wrote(pattern: RegExp): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
}

export interface Surroundings {
  /** Files of the working directory, by name. */
  readonly files?: Readonly<Record<string, string>>
  /** The whole environment, beside PATH and NODE_COMPILE_CACHE; ports are free ones unless said. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts the real process in a directory of its own, where nothing of the developer's is found. Ends with the test. */
export function startProcess(t: TestContext, parameters: readonly string[], surroundings: Surroundings = {}): Started {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-process-'))
  for (const [name, text] of Object.entries(surroundings.files ?? {})) writeFileSync(join(directory, name), text)
  const child = spawn(process.execPath, [join(ROOT, 'src/server.ts'), ...parameters], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      OPS_PORT: '0',
      NODE_COMPILE_CACHE: COMPILED,
      ...surroundings.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const started = watch(child, directory)
  t.after(async () => {
    child.kill('SIGKILL')
    await started.exit
    rmSync(directory, { recursive: true })
  })
  return started
}

function watch(child: ChildProcess, directory: string): Started {
  const written = { stdout: '', stderr: '' }
  const exit = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? null)
  child.stdout?.setEncoding('utf8').on('data', text => {
    written.stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    written.stderr += text
  })
  return {
    directory,
    exit,
    get stdout() {
      return written.stdout
    },
    get stderr() {
      return written.stderr
    },
    async wrote(pattern) {
      const over = exit.then(() => 'over' as const)
      for (;;) {
        const found = pattern.exec(written.stdout)
        if (found !== null) return found
        const data = child.stdout === null ? over : once(child.stdout, 'data')
        if ((await Promise.race([data, over])) === 'over')
          throw new Error(`it ended: ${written.stdout}${written.stderr}`)
      }
    },
    kill: signal => void child.kill(signal),
  }
}

/** Waits for the greeting; returns the two addresses in it. */
export async function addressesOf(started: Started): Promise<{ url: string; opsUrl: string }> {
  const [, url = '', opsUrl = ''] = await started.wrote(/API +(http:\S+)\s+metrics +(http:\S+)\/metrics[\s\S]*Try it/)
  return { url, opsUrl }
}
