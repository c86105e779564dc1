import { isSluiceError } from '../../errors.ts'
import type { Route, Target } from '../target.ts'
import type { Want } from './ask-model.ts'
import type { Descent } from './descent.ts'
import { LAST_RESORT } from './step-names.ts'

/** Who may answer in the place of a model's own targets. */
export interface StandIn {
  /** What headers and metrics call it. */
  readonly step: string
  readonly targets: readonly Target[]
}

/** One after another, best first, since putting a model's targets in order counts as a use of it. */
export function* standIns(descent: Descent, want: Want): Generator<StandIn> {
  const { standby, may, route } = descent
  for (const model of standby.models[want])
    if (may(model)) yield { step: model, targets: ordered(descent, route(model)) }
  if (want === 'down' && standby.lastResort !== undefined) yield { step: LAST_RESORT, targets: [standby.lastResort] }
}

/** The same, whatever for and in no order: all whom an answer of the model may have come from. */
export function everyStandIn(standby: Route['standby'], { may, route }: Pick<Descent, 'may' | 'route'>): StandIn[] {
  if (standby === undefined) return []
  const { models, lastResort } = standby
  const names = [...new Set(Object.values(models).flat())].filter(may)
  const others = names.map(step => ({ step, targets: route(step).targets }))
  return lastResort === undefined ? others : [...others, { step: LAST_RESORT, targets: [lastResort] }]
}

/** None where the affinity of the stand-in finds a fault with the call: the model that was asked for may find none. */
export function ordered({ order }: Pick<Descent, 'order'>, route: Route): readonly Target[] {
  try {
    return order(route)
  } catch (error) {
    if (isSluiceError(error) && error.kind === 'invalid') return []
    throw error
  }
}
