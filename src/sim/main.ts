import { parseArgs } from 'node:util'
import type { BrownOut, Drip, Outage, SimulatorOptions, Tail } from './options.ts'
import { startSimulator } from './simulator.ts'
import type { Span } from './span.ts'

const USAGE = `Usage: node src/sim/main.ts [--port N] [--latency MS] [--jitter MS] [--tail SHARE,SHAPE] [--tokens-per-second N]
  [--batch] [--error-rate 0..1] [--requests-per-second N] [--burst N] [--outage AFTER,FOR[,EVERY[,cut]] (ms)]...
  [--brown-out AFTER,FOR,ERROR-RATE]... [--drip AFTER,FOR,TOKENS-PER-SECOND]... [--seed N]
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
      tail: { type: 'string' },
      burst: { type: 'string' },
      outage: { type: 'string', multiple: true },
      'brown-out': { type: 'string', multiple: true },
      drip: { type: 'string', multiple: true },
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
      burst: values.burst,
      seed: values.seed,
    }),
    batch: values.batch === true,
    ...(values.tail !== undefined && { tail: readTail(values.tail) }),
    ...(values.outage !== undefined && { outages: values.outage.map(readOutage) }),
    ...(values['brown-out'] !== undefined && { brownOuts: values['brown-out'].map(readBrownOut) }),
    ...(values.drip !== undefined && { drips: values.drip.map(readDrip) }),
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

function readTail(text: string): Tail {
  const [share = '', shape = ''] = text.split(',')
  return { share: readNumber('tail', share), shape: readNumber('tail', shape) }
}

function readSpan(name: string, [after = '', length = '']: readonly string[]): Span {
  return { after: readNumber(name, after), for: readNumber(name, length) }
}

function readOutage(text: string): Outage {
  const parts = text.split(',')
  const [, , every = '', how] = parts
  if (how !== undefined && how !== 'cut') throw new Error(`An outage ends with "cut" or nothing, not "${how}".`)
  return {
    ...readSpan('outage', parts),
    ...(every !== '' && { every: readNumber('outage', every) }),
    ...(how === 'cut' && { how }),
  }
}

function readBrownOut(text: string): BrownOut {
  const parts = text.split(',')
  return { ...readSpan('brown-out', parts), errorRate: readNumber('brown-out', parts[2] ?? '') }
}

function readDrip(text: string): Drip {
  const parts = text.split(',')
  return { ...readSpan('drip', parts), tokensPerSecond: readNumber('drip', parts[2] ?? '') }
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
