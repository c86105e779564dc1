import { lineChart } from '../loadtest/line-chart.ts'
import { table } from '../report.ts'
import { type Bar, barsTable, percent } from '../scenarios/bars.ts'
import { megabytes } from './bars.ts'
import type { Plan } from './plan.ts'
import { FAULTS, type Run } from './run.ts'
import { LEAVING, type Tally } from './users.ts'

export interface Report {
  readonly date: string
  readonly node: string
  readonly machine: string
  /** Load average of the machine in the minute before. */
  readonly loadBefore: number
  readonly plan: Plan
  readonly run: Run
  readonly bars: readonly Bar[]
}

/** The tables, as Markdown that can also be read on a terminal. */
export function tables({ run, plan, bars }: Report): string {
  return [barsTable(bars), censusTable(run), tallyTable(run.tally, plan.length)].join('\n\n')
}

/** The picture of the gateway's memory under load; the first time that Redis was away is shaded. */
export function picture({ run: { samples, heaps, redisAway } }: Report): string {
  return lineChart({
    title: 'Memory of the gateway under load',
    lines: [
      { name: 'resident', points: samples.map(({ at, resident }) => [at, resident]) },
      { name: 'living heap', points: heaps },
    ],
    held: redisAway[0] ?? [0, 0],
    heldName: 'Redis is away',
    format: mebibytes => `${Number(mebibytes.toPrecision(3))} MiB`,
  })
}

/** docs/soak.md, whole. */
export function page(report: Report): string {
  const { date, node, machine, loadBefore, plan, run } = report
  return `# Soak

Written by \`npm run soak -- --write\` on ${date}: Node ${node}, ${machine}.
Load average of the machine in the minute before: ${loadBefore.toFixed(2)}; much above 0, and others took part in the figures.

${tables(report)}

![Memory of the gateway over time](soak/memory.svg)

## How it is measured

- ${plan.users.toLocaleString('en')} users, half of those of the [load test](loadtest.md), for ${describeLength(plan.length)}. Each has a connection of its own, and thinks for
  ${plan.think.shortest} to ${plan.think.longest} s after an answer. Half of the calls are streams, half speak OpenAI's Chat Completions, half Anthropic's Messages,
  and a tenth are of a model whose answers are cached. ${percent(LEAVING)} of the clients leave within 0.3 s, of a stream within 1 s, before most answers have ended.
- The vendors are the simulator at its pace of the load test, behind a door that has ${percent(FAULTS)} of the calls go wrong: 429, 500, a connection
  that is cut in the midst of the answer, silence. [The configuration](../bench/soak/gateway-config.ts) has limits of the caller in Redis and of the vendors,
  breakers, health checks, hedging, queues and a cache.
- Every ${plan.reloadEvery} s the configuration changes: other connections to the vendors, a provider and a caller more or less. Redis is killed
  (\`kill -9\`) ${run.redisAway.length} times and comes back empty after ${plan.redisAway} s.
- **Start** is after ${plan.warmUp} s of the same load and two reloads, **end** after the soak; both after ${plan.settle} s without load, in which idle
  connections close. Of ten looks a second apart the least of each figure counts, as a health check may be under way.
- The gateway runs as a user would run it, with a [probe](../bench/soak/probe.ts) loaded before it that says what only the process itself can
  see: living heap is \`heapUsed\` after three full collections; timers and resources are Node's \`process.getActiveResourcesInfo()\`.
  Descriptors and connections come from /proc. Slots that the gateway gives away by itself are counted nowhere: so in the end as many calls as the
  caller and a vendor may have are made at once, with no faults, and all must be served.
- Calls that failed were to: there are more faults than the retry budget pays for, and what a client has begun to read cannot be retried.
`
}

function describeLength(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${seconds / 60} minutes`
}

function censusTable({ start, end }: Run): string {
  const row = (name: string, value: (census: Run['start']) => string): string[] => [name, value(start), value(end)]
  return table(
    ['Of the gateway', 'start', 'end'],
    [
      row('living heap', ({ heap }) => megabytes(heap)),
      row('resident memory', ({ resident }) => `${resident.toFixed(0)} MiB`),
      row('open descriptors', ({ descriptors }) => String(descriptors)),
      row('connections of clients', ({ fromClients }) => String(fromClients)),
      row('connections to vendors', ({ toVendors }) => String(toVendors)),
      row('timers', ({ timers }) => String(timers)),
      row('resources that keep the event loop going', ({ resources }) => String(resources)),
      row('breakers that were ever open', ({ breakers }) => String(breakers)),
      row('time series at /metrics', ({ series }) => String(series)),
    ],
  )
}

function tallyTable(tally: Tally, seconds: number): string {
  const rows = Object.entries(tally).toSorted(([, one], [, other]) => other - one)
  const all = rows.reduce((sum, [, count]) => sum + count, 0)
  return table(
    ['Calls', '', 'share'],
    [
      ...rows.map(([name, count]) => [ENDINGS[name] ?? name, String(count), percent(count / all)]),
      [`all, ${(all / seconds).toFixed(0)} a second`, String(all), ''],
    ],
  )
}

const ENDINGS: Readonly<Record<string, string>> = {
  ok: 'answered',
  left: 'left by the client',
  cut: 'cut by the vendor after the first content',
}
