import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from '../command.ts'
import { describeMachine } from '../report.ts'
import { judge } from './bars.ts'
import { type Plan, planFor, QUICK } from './plan.ts'
import { page, picture, type Report, tables } from './report.ts'
import { run } from './run.ts'

const USAGE = `Usage: npm run soak -- [--minutes N | --quick] [--write]

  --minutes N   so long under load; 15 unless said
  --quick       two minutes, for CI; too short to judge memory
  --write       write docs/soak.md and its picture as well

Exits with 1 when something is left behind. Needs Linux and a redis-server.
`

const DOCS = resolve(import.meta.dirname, '../../docs')

async function main(temporary: string): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      quick: { type: 'boolean' },
      write: { type: 'boolean' },
    },
  })
  const report = await measure(values.quick ? QUICK : planFor(readMinutes(values.minutes)), temporary)
  process.stdout.write(`\n${tables(report)}\n`)
  if (values.write) write(report)
  if (report.bars.some(({ holds }) => holds === false)) process.exitCode = 1
}

function readMinutes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const minutes = Number(text)
  if (minutes > 0 && Number.isFinite(minutes)) return minutes
  throw new Error(`--minutes must be a number above 0, not "${text}"`)
}

async function measure(plan: Plan, temporary: string): Promise<Report> {
  const loadBefore = loadavg()[0] ?? 0
  const seconds = plan.warmUp + plan.settle + plan.length + plan.settle
  process.stdout.write(`${plan.users} users, about ${seconds} s\n`)
  const done = await run(plan, temporary)
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    machine: describeMachine(),
    loadBefore,
    plan,
    run: done,
    bars: judge(done, plan),
  }
}

function write(report: Report): void {
  mkdirSync(join(DOCS, 'soak'), { recursive: true })
  writeFileSync(join(DOCS, 'soak.md'), page(report))
  writeFileSync(join(DOCS, 'soak', 'memory.svg'), picture(report))
}

await runCommand('soak', USAGE, main)
