import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Call } from './calls.ts'

const run = promisify(execFile)

export const CONNECTIONS = 32

/** What came of putting load on an arm. Latencies in ms. */
export interface Load {
  readonly requests: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
  /** Answers that were not 2xx, and calls without an answer. */
  readonly failures: number
}

/** Puts the same call on 32 connections, each asking again as soon as it has its answer, from a process of its own. */
export interface Generator {
  readonly name: string
  load(call: Call, seconds: number): Promise<Load>
}

/** wrk where it is installed: it takes less than autocannon from the machine that the arms need. `temporary` holds what they read. */
export function chooseGenerator(temporary: string): Generator {
  // wrk has no version option that succeeds; that it could be started is enough.
  const installed = spawnSync('wrk', ['-v']).error === undefined
  return installed ? wrk(temporary) : autocannon(temporary)
}

function wrk(temporary: string): Generator {
  const script = join(temporary, 'wrk.lua')
  return {
    name: 'wrk',
    async load(call, seconds) {
      writeFileSync(script, wrkScript(call))
      const options = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '30s', '-s', script]
      const { stdout } = await run('wrk', [...options, call.url])
      return JSON.parse(stdout.slice(stdout.lastIndexOf('{"'))) as Load
    },
  }
}

/** wrk is told in Lua what to send, and tells in Lua what it counted, in microseconds. It takes 3xx for success; verify() does not. */
function wrkScript({ headers, body }: Call): string {
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`)
  return `
wrk.method = "POST"
wrk.body = [==[${body}]==]
${lines.join('\n')}
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"failures":%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
`
}

interface AutocannonResult {
  readonly '2xx': number
  readonly non2xx: number
  readonly errors: number
  readonly duration: number
  readonly latency: { readonly p50: number; readonly p99: number }
}

function autocannon(temporary: string): Generator {
  const program = createRequire(import.meta.url).resolve('autocannon/autocannon.js')
  const bodyFile = join(temporary, 'body.json')
  return {
    name: 'autocannon',
    async load({ url, headers, body }, seconds) {
      // Some are larger than what a command line may hold.
      writeFileSync(bodyFile, body)
      const headerOptions = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`])
      const options = ['--json', '-n', '-m', 'POST', '-c', String(CONNECTIONS), '-d', String(seconds), '-t', '30']
      const { stdout } = await run(process.execPath, [program, ...options, ...headerOptions, '-i', bodyFile, url])
      const result = JSON.parse(stdout) as AutocannonResult
      const { p50, p99 } = result.latency
      return {
        requests: result['2xx'],
        seconds: result.duration,
        p50,
        p99,
        failures: result.non2xx + result.errors,
      }
    },
  }
}
