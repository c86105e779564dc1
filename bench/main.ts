import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { callTo } from './calls.ts'
import { runCommand } from './command.ts'
import { measureDelay } from './delay.ts'
import { MODELS, prepareGateway } from './gateway.ts'
import { chooseGenerator, type Generator } from './load.ts'
import { type Arm, compare, type Effort } from './measure.ts'
import { measurePairs } from './pairs.ts'
import { type Running, startGateway, startScript } from './processes.ts'
import { describeMachine, page, type Report, type Section, sectionTable, tables } from './report.ts'
import { measureSampling } from './sampling.ts'
import { measureStartUp } from './start-up.ts'

const USAGE = `Usage: npm run bench -- [--quick] [--json | --write] [--against DIR | --sampling]

  --quick        less than a minute: shows that everything runs; its figures are rough
  --json         print the figures as JSON
  --write        write docs/bench.md as well
  --against DIR  compare with the gateway of another checkout, too
  --sampling     measure what sampling the heap costs the gateway, and nothing else
`

const ROOT = resolve(import.meta.dirname, '..')

interface Plan {
  readonly whole: Effort
  readonly stream: Effort
  readonly large: Effort
  readonly laterStarts: number
  /** Rounds over the pairs of dialects, and streams in each. */
  readonly pairs: readonly [rounds: number, streams: number]
}

/** A stream has as many events as fifty requests have answers, so its warm-up is shorter. */
const FULL: Plan = {
  whole: { warmUp: 100_000, rounds: 7, seconds: 4 },
  stream: { warmUp: 10_000, rounds: 7, seconds: 4 },
  large: { warmUp: 500, rounds: 7, seconds: 4 },
  laterStarts: 7,
  pairs: [7, 100],
}
const QUICK: Plan = {
  whole: { warmUp: 1_000, rounds: 3, seconds: 1 },
  stream: { warmUp: 200, rounds: 3, seconds: 1 },
  large: { warmUp: 50, rounds: 3, seconds: 1 },
  laterStarts: 2,
  pairs: [3, 10],
}

/** Bytes of a large request. */
const LARGE = 5 * 1024 * 1024

/** At once, for the delay of the event loop. */
const STREAMS = 200

interface Setting {
  readonly temporary: string
  readonly generator: Generator
  /** Checkout of another gateway that is measured beside this one. */
  readonly against: string | undefined
}

async function main(temporary: string): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      json: { type: 'boolean' },
      write: { type: 'boolean' },
      against: { type: 'string' },
      sampling: { type: 'boolean' },
    },
  })
  if (values.sampling) {
    const section = await measureSampling(ROOT, values.quick === true, chooseGenerator(temporary), temporary)
    process.stdout.write(values.json ? `${JSON.stringify(section, undefined, 2)}\n` : `\n${sectionTable(section)}\n`)
    return
  }
  const against = values.against === undefined ? undefined : resolve(values.against)
  const setting: Setting = { temporary, generator: chooseGenerator(temporary), against }
  const report = await measureAll(values.quick ? QUICK : FULL, setting)
  process.stdout.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : `\n${tables(report)}\n`)
  if (values.write) writeFileSync(join(ROOT, 'docs/bench.md'), page(report))
}

async function measureAll(plan: Plan, setting: Setting): Promise<Report> {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    machine: describeMachine(),
    loadBefore: loadavg()[0] ?? 0,
    generator: setting.generator.name,
    startUp: await measureStartUp(ROOT, setting.temporary, plan.laterStarts),
    pairs: measurePairs(...plan.pairs),
    delay: await measureDelay(STREAMS),
    sections: [
      await measureSection('Whole answers', false, plan.whole, setting),
      await measureSection('Streams', true, plan.stream, setting),
      await measureLargeBodies(plan.large, setting),
    ],
  }
}

/** As large as a long history with images. */
async function measureLargeBodies(effort: Effort, { temporary, generator }: Setting): Promise<Section> {
  await using programs = new AsyncDisposableStack()
  const upstream = programs.use(await startScript(join(ROOT, 'src/sim/main.ts'), []))
  const bare = programs.use(await startScript(join(ROOT, 'bench/reference.ts'), [upstream.url]))
  const floor = programs.use(await startScript(join(ROOT, 'bench/floor.ts'), [upstream.url]))
  const { gateway } = await startGateway(await prepareGateway(ROOT, upstream.url, temporary))
  programs.use(gateway)
  const arm = (name: string, program: Running): Arm => {
    return { name, program, upstream, call: callTo(program.url, MODELS.pass, false, LARGE) }
  }
  const arms = [arm('bare', bare), arm('floor', floor), arm('gateway, pass', gateway)]
  return { title: 'Requests of 5 MB', effort, rows: await compare(arms, false, effort, generator) }
}

/** Programs start anew for each section, so that the peak memory of one is not that of the other. */
async function measureSection(title: string, stream: boolean, effort: Effort, setting: Setting): Promise<Section> {
  await using programs = new AsyncDisposableStack()
  const upstream = programs.use(await startScript(join(ROOT, 'src/sim/main.ts'), []))
  const bare = programs.use(await startScript(join(ROOT, 'bench/reference.ts'), [upstream.url]))
  const floor = programs.use(await startScript(join(ROOT, 'bench/floor.ts'), [upstream.url]))
  const arms: Arm[] = [
    { name: 'bare', program: bare, upstream, call: callTo(bare.url, MODELS.pass, stream) },
    { name: 'floor', program: floor, upstream, call: callTo(floor.url, MODELS.pass, stream) },
  ]
  for (const root of [ROOT, setting.against]) {
    if (root === undefined) continue
    const start = await prepareGateway(root, upstream.url, setting.temporary)
    const { gateway } = await startGateway(start)
    programs.use(gateway)
    arms.push(...gatewayArms(root === ROOT ? 'gateway' : 'against', gateway, upstream, stream))
  }
  return { title, effort, rows: await compare(arms, stream, effort, setting.generator) }
}

function gatewayArms(name: string, program: Running, upstream: Running, stream: boolean): Arm[] {
  return [
    { name: `${name}, pass`, program, upstream, call: callTo(program.url, MODELS.pass, stream) },
    { name: `${name}, translate`, program, upstream, call: callTo(program.url, MODELS.translate, stream) },
  ]
}

await runCommand('bench', USAGE, main)
