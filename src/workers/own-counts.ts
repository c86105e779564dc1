import { Registry } from '@prometheus-io/client'
import type { ReloadResult } from '../config/reloads.ts'
import { FastScalar } from '../meter/fast-scalar.ts'
import { METRICS } from '../meter/metrics.ts'

interface OwnCounts {
  /** How often the configuration was read again, by what came of it. */
  readonly reloads: () => Readonly<Record<ReloadResult, number>>
  /** How often a worker was started in the place of another one. */
  readonly restarts: () => number
}

/** The registry of what a primary counts itself. Workers show the same metrics at 0. */
export function ownRegistry({ reloads, restarts }: OwnCounts): Registry {
  const registry = new Registry()
  const { configReloads, workerRestarts, workers } = METRICS
  const countReloads = (counter: FastScalar): void => {
    for (const [result, count] of Object.entries(reloads())) counter.set({ result }, count)
  }
  new FastScalar({ ...configReloads, labelNames: configReloads.labels, collect: countReloads }, registry)
  const countRestarts = (counter: FastScalar): void => counter.set({}, restarts())
  new FastScalar({ ...workerRestarts, labelNames: workerRestarts.labels, collect: countRestarts }, registry)
  // Each worker adds its one; without any the sum is 0, and not absent.
  new FastScalar({ ...workers, labelNames: workers.labels }, registry)
  return registry
}
