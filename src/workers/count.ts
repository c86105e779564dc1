import { availableParallelism } from 'node:os'
import type { Environment } from '../config/environment.ts'

/**
 * How many processes answer calls, as the variable WORKERS says. `auto` is as many cores as Node finds: affinity counts, and so does a
 * container's quota, rounded down, but not one of less than a core (nodejs/node#59200).
 */
export function workerCount(setting: Environment['WORKERS']): number {
  if (setting === undefined) return 1
  return setting === 'auto' ? availableParallelism() : Number(setting)
}
