import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from '../command.ts'
import { describeMachine } from '../report.ts'
import { judge } from './bars.ts'
import { figuresOf } from './figures.ts'
import { findLocust } from './locust.ts'
import { pictures } from './pictures.ts'
import { FULL, lengthOf, type Plan, QUICK } from './plan.ts'
import { page, type Report, tables } from './report.ts'
import { run } from './run.ts'

const USAGE = `Usage: npm run loadtest -- [--quick] [--write]

  --quick   a minute with fewer users, for CI
  --write   write docs/loadtest.md and its pictures as well

Exits with 1 when a bar is missed. Needs Locust: Debian's python3-locust, or pip install locust.
`

const DOCS = resolve(import.meta.dirname, '../../docs')

async function main(temporary: string): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, write: { type: 'boolean' } },
  })
  const report = await measure(values.quick ? QUICK : FULL, temporary)
  process.stdout.write(`\n${tables(report)}\n`)
  if (values.write) write(report)
  if (report.bars.some(({ holds }) => holds === false)) process.exitCode = 1
}

async function measure(plan: Plan, temporary: string): Promise<Report> {
  const locust = findLocust()
  const loadBefore = loadavg()[0] ?? 0
  process.stdout.write(`${locust.version}: up to ${plan.users} users, ${lengthOf(plan).toFixed(0)} s\n`)
  const done = await run(locust, plan, temporary)
  const figures = figuresOf(done.results, done.samples, plan.users)
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    machine: describeMachine(),
    loadBefore,
    locust: locust.version,
    plan,
    run: done,
    figures,
    bars: judge(figures),
  }
}

function write(report: Report): void {
  const folder = join(DOCS, 'loadtest')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(DOCS, 'loadtest.md'), page(report))
  for (const [name, picture] of Object.entries(pictures(report.run, report.plan.users))) {
    writeFileSync(join(folder, name), picture)
  }
}

await runCommand('loadtest', USAGE, main)
