import { availableParallelism } from 'node:os'
import type { Environment } from '../config/environment.ts'

/** As many as WORKERS can say in figures. */
const MOST_WORKERS = 99

/**
 * How many processes answer calls, as the variable WORKERS says. `auto` is as many cores as Node finds: affinity counts, and so does a
 * container's quota, rounded down, but not one of less than a core (nodejs/node#59200).
 */
export function workerCount(setting: Environment['WORKERS']): number {
  if (setting === undefined) return 1
  return setting === 'auto' ? Math.min(MOST_WORKERS, availableParallelism()) : Number(setting)
}
