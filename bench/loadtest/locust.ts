import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CALLER_KEY, MODEL } from './gateway-config.ts'
import { type LocustResults, readFailures, readHistory, readStats } from './locust-results.ts'
import { lengthOf, type Plan } from './plan.ts'

const LOCUSTFILE = resolve(import.meta.dirname, '../locust/locustfile.py')
/** Ways to call Locust, the best first. */
const COMMANDS: readonly (readonly [string, ...string[]])[] = [['locust'], ['python3', '-m', 'locust']]
/** Locust ends with 1 when calls failed, which the bars judge. */
const CODES = [0, 1]

export interface Locust {
  readonly command: readonly [string, ...string[]]
  /** As it calls itself, without where it is installed. */
  readonly version: string
}

interface LocustRun extends AsyncDisposable {
  readonly pid: number
  /** Settles with the results when Locust has ended by itself. Rejects when it could not run. */
  readonly results: Promise<LocustResults>
}

/** Throws, saying how to install it, when Locust is not there. */
export function findLocust(): Locust {
  for (const command of COMMANDS) {
    const [program, ...args] = command
    const { status, stdout } = spawnSync(program, [...args, '--version'], { encoding: 'utf8' })
    if (status === 0) return { command, version: stdout.replace(/ from .*/s, '').trim() }
  }
  throw new Error('Locust is not installed. Debian: apt-get install python3-locust. Elsewhere: pip install locust')
}

/** Sends the plan's users to a gateway; `temporary` holds the results meanwhile. */
export function startLocust({ command }: Locust, plan: Plan, gateway: string, temporary: string): LocustRun {
  const [program, ...args] = command
  const csv = join(temporary, 'locust')
  const options = ['--headless', '--csv', csv, '--csv-full-history', '--only-summary', '--loglevel', 'WARNING']
  // Calls that are under way at the end are awaited (s), so that none is counted as neither answered nor failed.
  const all = [...args, '--locustfile', LOCUSTFILE, '--host', gateway, '--stop-timeout', '20', ...options]
  const child = spawn(program, all, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      LOADTEST_KEY: CALLER_KEY,
      LOADTEST_PLAN: JSON.stringify({ ...plan, model: MODEL, seconds: lengthOf(plan) }),
    },
  })
  return {
    pid: child.pid as number,
    results: awaitResults(child, csv),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

async function awaitResults(child: ChildProcess, csv: string): Promise<LocustResults> {
  const [code] = await once(child, 'exit')
  if (!CODES.includes(code)) throw new Error(`Locust ended with code ${code}`)
  const read = (kind: string): string => readFileSync(`${csv}_${kind}.csv`, 'utf8')
  return {
    moments: readHistory(read('stats_history')),
    ...readStats(read('stats')),
    failures: readFailures(read('failures')),
  }
}
