import { isSluiceError } from '../../errors.ts'
import type { Route, Target } from '../target.ts'
import type { DegradeContext } from './degrade-context.ts'
import { LAST_RESORT } from './step-names.ts'
import type { FallbackReason } from './try-model.ts'

/** Targets that may answer instead of a model's own. */
export interface StandIn {
  /** What headers and metrics call it. */
  readonly step: string
  readonly targets: readonly Target[]
}

/** The stand-ins for a reason, best first. Lazily, since putting a model's targets in order counts as a use of it. */
export function* standIns(context: DegradeContext, reason: FallbackReason): Generator<StandIn> {
  const { standby, may, route } = context
  for (const model of standby.models[reason])
    if (may(model)) yield { step: model, targets: ordered(context, route(model)) }
  if (reason === 'down' && standby.lastResort !== undefined) yield { step: LAST_RESORT, targets: [standby.lastResort] }
}

/** All stand-ins, whatever the reason, in no order: the targets that an answer of the model may have come from. */
export function everyStandIn(
  standby: Route['standby'],
  { may, route }: Pick<DegradeContext, 'may' | 'route'>,
): StandIn[] {
  if (standby === undefined) return []
  const { models, lastResort } = standby
  const names = [...new Set(Object.values(models).flat())].filter(may)
  const others = names.map(step => ({ step, targets: route(step).targets }))
  return lastResort === undefined ? others : [...others, { step: LAST_RESORT, targets: [lastResort] }]
}

/** The targets of a stand-in, best first; none where its affinity finds the call wrong, as the requested model may not. */
export function ordered({ order }: Pick<DegradeContext, 'order'>, route: Route): readonly Target[] {
  try {
    return order(route)
  } catch (error) {
    if (isSluiceError(error) && error.kind === 'invalid') return []
    throw error
  }
}
