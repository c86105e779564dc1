import type { Dispatch } from '../dispatch.ts'
import type { Route, Standby, Target } from '../target.ts'

/** A call to a model that has others to stand in for it. */
export interface Descent {
  /** To the model's own targets; its `maxAttempts` counts for all who are asked. */
  readonly call: Dispatch
  readonly standby: Standby
  /** Whether the caller may use the model of this name. */
  readonly may: (model: string) => boolean
  /** The route of a model under `models`. */
  readonly route: (model: string) => Route
  /** The targets of a route, best first. */
  readonly order: (route: Route) => readonly Target[]
  /** The vendor shall keep what it answers, so that the client can go on from there. */
  readonly keeps: boolean
}

/** Whether an answer that the vendor's filter has stopped is to be sought elsewhere. */
export function mindsFilter({ models }: Standby): boolean {
  return models['content-filter'].length > 0
}
