import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from '../command.ts'
import { describeMachine } from '../report.ts'
import { direct } from './arms/direct.ts'
import { nginx } from './arms/nginx.ts'
import { queue } from './arms/queue.ts'
import { sluice } from './arms/sluice.ts'
import { judge } from './bars.ts'
import { playIdeal } from './capacity.ts'
import { figuresOf } from './figures.ts'
import { measureIdle } from './idle.ts'
import { page } from './page.ts'
import { pictures, type Report, tables } from './report.ts'
import { runArms } from './run.ts'
import { FULL, LONG, QUICK, type Script } from './script.ts'

const USAGE = `Usage: npm run scenarios -- [--long | --quick] [--write]

  --long    bursts are three times as long
  --quick   less than a minute: shows that everything runs; its figures are rough
  --write   write docs/scenarios.md (docs/scenarios-long.md) and its pictures as well
`

const DOCS = resolve(import.meta.dirname, '../../docs')
const ARMS = [direct, nginx, queue, sluice]

async function main(temporary: string): Promise<void> {
  const { values } = parseArgs({
    options: {
      long: { type: 'boolean' },
      quick: { type: 'boolean' },
      write: { type: 'boolean' },
    },
  })
  const script = values.long ? LONG : FULL
  const report = values.quick ? await measure(QUICK, 300, temporary) : await measure(script, 3000, temporary)
  process.stdout.write(`\n${tables(report)}\n`)
  if (values.write) write(report, values.long ? 'scenarios-long' : 'scenarios')
}

async function measure(script: Script, idleCalls: number, temporary: string): Promise<Report> {
  const loadBefore = loadavg()[0] ?? 0
  const idle = await measureIdle(idleCalls, temporary)
  const present = ARMS.filter(arm => arm.absent() === undefined)
  const one = await runArms(script, 1, present, temporary)
  const two = await runArms(script, 2, present, temporary)
  const runs = [...one.runs, ...two.runs]
  const figures = runs.map(run => figuresOf(run, script))
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    machine: describeMachine(),
    loadBefore,
    script,
    ideals: [playIdeal(script, 1), playIdeal(script, 2)],
    runs,
    figures,
    absent: ARMS.flatMap(arm => arm.absent() ?? []),
    busy: [one.busy, two.busy],
    idle,
    bars: judge(figures, idle),
  }
}

/** `name` is that of the page, and of the folder with its pictures. */
function write(report: Report, name: string): void {
  mkdirSync(join(DOCS, name), { recursive: true })
  writeFileSync(join(DOCS, `${name}.md`), page(report, name))
  for (const [file, picture] of Object.entries(pictures(report))) writeFileSync(join(DOCS, name, file), picture)
}

await runCommand('scenarios', USAGE, main)
