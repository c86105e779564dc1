import { cpus, totalmem } from 'node:os'
import { EVENTS } from './calls.ts'
import type { Delay } from './delay.ts'
import { CONNECTIONS } from './load.ts'
import type { Effort, Row } from './measure.ts'
import type { Pair } from './pairs.ts'
import type { StartUp } from './start-up.ts'

/** One comparison: its title and its effort, and what came of it. */
export interface Section {
  readonly title: string
  readonly effort: Effort
  readonly rows: readonly Row[]
}

export interface Report {
  readonly date: string
  readonly node: string
  readonly machine: string
  /** Load average of the minute before: what else the machine had to do. */
  readonly loadBefore: number
  readonly generator: string
  readonly sections: readonly Section[]
  readonly startUp: StartUp
  readonly pairs: readonly Pair[]
  readonly delay: Delay
}

/** The machine in words: figures without it mean nothing. */
export function describeMachine(): string {
  const [first] = cpus()
  return `${cpus().length} x ${first?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`
}

/** The tables, as Markdown that can also be read on a terminal. */
export function tables({ sections, startUp, pairs, delay }: Report): string {
  return [...sections.map(sectionTable), pairTable(pairs), delayLine(delay), startUpTable(startUp)].join('\n\n')
}

/** docs/bench.md, whole. */
export function page(report: Report): string {
  const { date, node, machine, loadBefore, generator, sections } = report
  return `# Benchmark

Written by \`npm run bench -- --write\` on ${date}: Node ${node}, ${machine}, load by ${generator}.
Load average of the machine in the minute before: ${loadBefore.toFixed(2)}; much above 0, and others took part in the figures.

${tables(report)}

## How it is measured

- Each program is a process of its own on loopback, and so are the upstream (the simulator: no latency, no pace, one write for each
  event of a stream) and the load: ${CONNECTIONS} connections, each asking again as soon as it has its answer. Requests and whole answers
  are about 1 KB; streams have ${EVENTS} content events.
- **bare** is Fastify with @fastify/reply-from in their default form: body parsed as JSON, default options, no logger, nothing else.
  **floor** is node:http in and undici out, with no framework: the least that a proxy in Node costs.
- **gateway** runs as a user would run it, \`node src/server.ts --config FILE\`, with every stage on: caller key, request limit, weighted
  route, breakers, metrics, metering of tokens, one log line a request (to /dev/null). **pass**: client and vendor both speak
  Chat Completions. **translate**: the same client, and a vendor that speaks Anthropic's Messages. Both lanes share one process, and its peak memory.
- CPU is user + system time of the program alone, of all its threads, from /proc/PID/stat. The ratio is what counts: absolute figures
  move with the machine and its neighbours. So the arms take turns within each round, ratios are taken within a round, and
  figures are medians over rounds; the range is that of the ratio over the rounds.
${sections.map(({ title, effort }) => `- ${title}: ${describeEffort(effort)}.`).join('\n')}
- A text event of a stream is translated in one process, from the bytes of the vendor's dialect to those of the client's, without sockets; from a
  dialect to itself (the pass lane) it is cut and read, and not written.
- Before and after, one answer of each arm is read in full and compared with what was asked for. An arm that gives anything but 2xx ends
  the run without figures.
`
}

function describeEffort({ warmUp, rounds, seconds }: Effort): string {
  return `at least ${warmUp.toLocaleString('en')} requests to each arm before anything counts, then ${rounds} rounds of ${seconds} s for each`
}

/** One comparison, as Markdown that can also be read on a terminal. */
export function sectionTable({ title, rows }: Section): string {
  const lines = rows.map(row => [
    row.name,
    row.cpu.toFixed(0),
    `${row.ratio.toFixed(2)}x`,
    `${row.lowestRatio.toFixed(2)}-${row.highestRatio.toFixed(2)}`,
    row.requestsPerSecond.toFixed(0),
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    row.peakMemory.toFixed(0),
  ])
  return table([title, 'CPU us/request', 'ratio', 'range', 'requests/s', 'p50 ms', 'p99 ms', 'peak MiB'], lines)
}

/** Vendors' dialects in rows, clients' in columns. */
function pairTable(pairs: readonly Pair[]): string {
  const clients = [...new Set(pairs.map(({ client }) => client))]
  const lines = Map.groupBy(pairs, ({ vendor }) => vendor)
  return table(
    ['CPU us/text event, vendor to client', ...clients],
    Array.from(lines, ([vendor, own]) => [vendor, ...own.map(({ cpu }) => cpu.toFixed(2))]),
  )
}

function delayLine({ streams, p99 }: Delay): string {
  return `${streams} streams of 1,000 events translated at once hold up the event loop by ${p99.toFixed(1)} ms (p99).`
}

function startUpTable({ first, later, connectionsBefore }: StartUp): string {
  return table(
    ['Start-up', 'result'],
    [
      ['first start, empty compile cache, until ready', `${first.toFixed(0)} ms`],
      ['later starts, until ready (median)', `${later.toFixed(0)} ms`],
      ['connections to vendors before the first call', String(connectionsBefore)],
    ],
  )
}

/** A Markdown table whose columns are in line; all but the first are figures. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map(line => line[column]?.length ?? 0)))
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => align(cell, widths[column] ?? 0, column)).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [row(head), row(rule), ...lines.map(row)].join('\n')
}

function align(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}
