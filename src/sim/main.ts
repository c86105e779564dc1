import { parseArgs } from 'node:util'
import type { Outage, SimulatorOptions } from './options.ts'
import { startSimulator } from './simulator.ts'

const USAGE = `Usage: node src/sim/main.ts [--port N] [--latency MS] [--jitter MS] [--tokens-per-second N] [--batch]
  [--error-rate 0..1] [--requests-per-second N] [--outage AFTER,FOR[,EVERY[,cut]] (ms)]... [--seed N]
`

/** The options of a command line. Throws an Error, safe to show, for what cannot be understood. */
export function readArguments(argv: readonly string[]): SimulatorOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string' },
      latency: { type: 'string' },
      jitter: { type: 'string' },
      'tokens-per-second': { type: 'string' },
      batch: { type: 'boolean' },
      'error-rate': { type: 'string' },
      'requests-per-second': { type: 'string' },
      outage: { type: 'string', multiple: true },
      seed: { type: 'string' },
    },
  })
  return {
    ...numbers({
      port: values.port,
      latency: values.latency,
      jitter: values.jitter,
      tokensPerSecond: values['tokens-per-second'],
      errorRate: values['error-rate'],
      requestsPerSecond: values['requests-per-second'],
      seed: values.seed,
    }),
    batch: values.batch === true,
    ...(values.outage !== undefined && { outages: values.outage.map(readOutage) }),
  }
}

function numbers(texts: Readonly<Record<string, string | undefined>>): Record<string, number> {
  const given = Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(given.map(([name, text]) => [name, readNumber(name, text)]))
}

function readNumber(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new Error(`${name} must be a number that is not negative, not "${text}".`)
}

function readOutage(text: string): Outage {
  const [after = '', length = '', every, how] = text.split(',')
  if (how !== undefined && how !== 'cut') throw new Error(`An outage ends with "cut" or nothing, not "${how}".`)
  return {
    after: readNumber('outage', after),
    for: readNumber('outage', length),
    ...(every !== undefined && every !== '' && { every: readNumber('outage', every) }),
    ...(how === 'cut' && { how }),
  }
}

async function main(): Promise<void> {
  try {
    const simulator = await startSimulator(readArguments(process.argv.slice(2)))
    process.stdout.write(`${simulator.url}\n`)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close())
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`)
    process.exitCode = 1
  }
}

if (import.meta.main) await main()
