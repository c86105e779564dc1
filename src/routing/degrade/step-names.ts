import type { ModelConfig } from '../../config/config.ts'
import type { Standby } from '../target.ts'

/** The target tried when nothing else is left. */
export const LAST_RESORT = 'last-resort'
/** The operator's canned answer. */
export const CANNED = 'canned'
/** An out-of-date answer from the cache, given to all who waited for a call. */
export const STALE = 'stale'

/** All ways in which answers of a model can be less than was requested, as headers and metrics call them. */
export function stepNames({ degrade }: ModelConfig, standby: Standby | undefined): readonly string[] {
  const steps = degrade?.steps.map(({ name }) => name) ?? []
  return [...steps, ...Object.values(standby?.models ?? {}).flat(), LAST_RESORT, CANNED, STALE]
}
