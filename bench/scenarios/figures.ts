import { FAILURES, type FailureKind } from './caller.ts'
import type { Outcome } from './client.ts'
import type { Run } from './run.ts'
import { isDown, type Script, vendorOptions } from './script.ts'

/** How long a call is under way at least, ms, nearly always: a vendor that falls before then has cut it off, and no one else can answer it. */
const UNDER_WAY = 1_000

/** What a run was like: over logical calls, whatever it took to answer them. Latencies in ms, over those that succeeded. */
export interface Figures {
  readonly arm: string
  readonly vendors: 1 | 2
  readonly calls: number
  readonly errorRate: number
  /** Calls that were due while some vendor was up that stayed so for as long as a call takes, and the share of them that failed. */
  readonly callsWhileUp: number
  readonly errorRateWhileUp: number
  readonly failures: Readonly<Record<FailureKind, number>>
  /** Of the calls that were due while no vendor was up, those that failed without being told when to come back. */
  readonly leftInTheDark: number
  readonly p50: number
  readonly p99: number
  readonly mean: number
  /** Calls answered a second, while calls arrived. */
  readonly throughput: number
  /** Calls that the vendors saw, by logical calls. */
  readonly upstreamRatio: number
  /** CPU seconds and MiB. */
  readonly clientCpu: number
  readonly cpu: number
  readonly memory: number
}

export function figuresOf(run: Run, script: Script): Figures {
  const vendors = vendorOptions(script, run.vendors)
  const wasUp = ({ at }: Outcome): boolean =>
    !vendors.every(vendor => isDown(vendor, at) || isDown(vendor, at + UNDER_WAY))
  const up = run.outcomes.filter(wasUp)
  const down = run.outcomes.filter(outcome => !wasUp(outcome))
  const latencies = run.outcomes.filter(({ failure }) => failure === undefined).map(({ latency }) => latency)
  return {
    arm: run.arm,
    vendors: run.vendors,
    calls: run.outcomes.length,
    errorRate: errorRateOf(run.outcomes),
    callsWhileUp: up.length,
    errorRateWhileUp: errorRateOf(up),
    failures: countFailures(run.outcomes),
    leftInTheDark: down.filter(({ failure }) => failure !== undefined && failure !== 'refused').length,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    mean: latencies.reduce((sum, latency) => sum + latency, 0) / latencies.length,
    throughput: latencies.length / (script.length / 1000),
    upstreamRatio: run.upstreamCalls / run.outcomes.length,
    clientCpu: run.clients.cpu,
    cpu: run.between.cpu,
    memory: run.between.memory,
  }
}

/** The smallest of the values that at least this share of them does not exceed (nearest rank); NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

function errorRateOf(outcomes: readonly Outcome[]): number {
  return outcomes.length === 0 ? 0 : outcomes.filter(({ failure }) => failure !== undefined).length / outcomes.length
}

function countFailures(outcomes: readonly Outcome[]): Record<FailureKind, number> {
  const counts = FAILURES.map(kind => [kind, outcomes.filter(({ failure }) => failure === kind).length] as const)
  return Object.fromEntries(counts) as Record<FailureKind, number>
}
