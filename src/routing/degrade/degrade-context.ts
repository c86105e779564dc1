import type { Dispatch } from '../dispatch.ts'
import type { Route, Standby, Target } from '../target.ts'

/** A call to a model that has stand-ins. */
export interface DegradeContext {
  /** To the model's own targets; its `maxAttempts` covers the stand-ins, too. */
  readonly call: Dispatch
  readonly standby: Standby
  /** Whether the caller may use the model of this name. */
  readonly may: (model: string) => boolean
  /** The route of a model under `models`. */
  readonly route: (model: string) => Route
  /** The targets of a route, best first. */
  readonly order: (route: Route) => readonly Target[]
  /** The vendor is to store its response, so that the client can continue it. */
  readonly keeps: boolean
}
