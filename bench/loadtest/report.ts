import { table } from '../report.ts'
import { type Bar, barsTable, percent } from '../scenarios/bars.ts'
import type { Figures } from './figures.ts'
import type { Outcome } from './locust-results.ts'
import { lengthOf, type Plan } from './plan.ts'
import { type Run, VENDORS } from './run.ts'
import { PROGRAMS } from './sampler.ts'

const NAMES = { gateway: 'the gateway', simulator: 'the vendors', locust: 'the users' }

export interface Report {
  readonly date: string
  readonly node: string
  readonly machine: string
  /** Load average of the machine in the minute before. */
  readonly loadBefore: number
  readonly locust: string
  readonly plan: Plan
  readonly run: Run
  readonly figures: Figures
  readonly bars: readonly Bar[]
}

/** The tables, as Markdown that can also be read on a terminal. */
export function tables({ run: { results }, figures, bars }: Report): string {
  const failures = results.failures.map(failure => `- ${failure}`).join('\n')
  return [
    barsTable(bars),
    outcomesTable([...results.kinds, { ...results.all, name: 'all' }]),
    usageTable(figures),
    ...(failures === '' ? [] : [`Failures:\n\n${failures}`]),
  ].join('\n\n')
}

/** docs/loadtest.md, whole. */
export function page(report: Report): string {
  const { date, node, machine, loadBefore, locust, plan } = report
  return `# Load test

Written by \`npm run loadtest -- --write\` on ${date}: Node ${node}, ${machine}, load by ${locust}.
Load average of the machine in the minute before: ${loadBefore.toFixed(2)}; much above 0, and others took part in the figures.

${tables(report)}

![Users over time](loadtest/users.svg)
![Calls a second over time](loadtest/throughput.svg)
![Time to the whole answer over time](loadtest/latency.svg)
![Failures over time](loadtest/errors.svg)
![CPU over time](loadtest/cpu.svg)
![Memory of the gateway over time](loadtest/memory.svg)
![The gateway's own share over time](loadtest/overhead.svg)

## How it is measured

${describePlan(plan)}
- Half of the users speak OpenAI's Chat Completions, half Anthropic's Messages; half of their calls are streams. A call has failed
  unless it has status 200 and came to its proper end. Each user has a connection of its own, kept open.
- The vendors are the simulator: ${VENDORS.latency} to ${VENDORS.latency + VENDORS.jitter} ms to the first byte, then ${VENDORS.tokensPerSecond} words a second in streams. One speaks OpenAI's dialect, one
  Anthropic's, and each gets half of the calls of either dialect: half of the answers pass as they are, half are translated.
- The gateway runs as a user would run it, \`node src/server.ts --config FILE\`, with [this configuration](../bench/loadtest/gateway-config.ts):
  limits of the caller and the vendors, breakers, health checks, metrics, and a log line for each call (to /dev/null).
- Gateway, simulator and users are a process each, on this one machine, sampled once a second: CPU is user + system time from
  /proc/PID/stat, memory VmRSS. \`/metrics\` is read as often, which is part of the gateway's CPU.
- Errors are counted over the whole run. All other bars are over the time when all users were there (shaded): memory growth is the
  slope of the line through all samples by least squares; the gateway's own share comes from \`sluice_overhead_seconds\`,
  estimated within its bucket as Prometheus does.
- What lives is the least that the old generation holds, right after a collection. Sampled each second, it is up to 2 MiB too high.
- Times of calls are to the whole answer, and of streams to their end: mostly the pace of the vendor.
`
}

function describePlan(plan: Plan): string {
  const { firstUsers, firstSeconds, usersPerSecond, users, holdSeconds, think } = plan
  return `- ${firstUsers} users for ${firstSeconds} s, then ${usersPerSecond} more a second to ${users.toLocaleString('en')}, who stay for ${holdSeconds} s; ${lengthOf(plan).toFixed(0)} s in all. After each answer a user
  thinks for ${think.shortest} to ${think.longest} s: a machine of two cores holds all of them, the gateway and the vendors.`
}

function outcomesTable(outcomes: readonly Outcome[]): string {
  return table(
    ['Calls', 'made', 'failed', 'p50 ms', 'p99 ms', 'longest ms'],
    outcomes.map(({ name, requests, failures, p50, p99, longest }) => [
      name,
      ...[requests, failures, p50, p99, longest].map(value => value.toFixed(0)),
    ]),
  )
}

function usageTable({ requestsPerSecond, cpu, memory, living }: Figures): string {
  return table(
    ['While all users were there', ''],
    [
      ['calls a second', requestsPerSecond.toFixed(0)],
      ...PROGRAMS.map(program => [`CPU of ${NAMES[program]}, share of two cores`, percent(cpu[program])]),
      ['memory of the gateway at the beginning', mebibytes(memory.first)],
      ['memory of the gateway at the end', mebibytes(memory.last)],
      ['least in its old generation, first and second half', living.map(mebibytes).join(', ')],
    ],
  )
}

function mebibytes(value: number): string {
  return `${value.toFixed(0)} MiB`
}
