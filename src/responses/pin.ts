import { InvalidRequest } from '../errors.ts'
import type { StandIn } from '../routing/degrade/stand-ins.ts'
import type { Route, Target } from '../routing/target.ts'
import type { Origin } from './memory.ts'

/**
 * The route with only the target that created the earlier response, and only the key that it was created with: no other vendor or
 * account has it. Another model of the same vendor is used where the client asks for one. `standIns` may have answered in the
 * place of the route's own targets. Throws InvalidRequest that names `param` if the response was created by none of them.
 */
export function pinned(route: Route, origin: Origin, param: string, standIns: readonly StandIn[]): Route {
  const { name, strategy, attempts, retrySameTarget, queue } = route
  const own = keeperAmong(route.targets, origin)
  const instead = own === undefined ? standIns.find(({ targets }) => keeperAmong(targets, origin)) : undefined
  const keeper = own ?? keeperAmong(instead?.targets ?? [], origin)
  if (keeper === undefined) {
    throw InvalidRequest(
      { param },
      `${param}: the response was given by ${origin.target}, and the model "${name}" does not lead there`,
    )
  }
  return {
    name,
    strategy,
    targets: [keeper],
    attempts,
    pin: { keeper: keeper.id, step: route.pin?.step ?? instead?.step },
    ...(retrySameTarget !== undefined && { retrySameTarget }),
    // A stand-in does not wait in the queue of the model that was asked for.
    ...(queue !== undefined && instead === undefined && { queue }),
  }
}

/** The target of that origin, or else another of its vendor, with only its key. */
function keeperAmong(targets: readonly Target[], origin: Origin): Target | undefined {
  const target = targets.find(({ id }) => id === origin.target) ?? targets.find(isOf(origin))
  const candidate = target?.candidates.find(({ key }) => key.index === origin.key)
  return target && candidate && { ...target, candidates: [candidate] }
}

function isOf({ target }: Origin): (candidate: Target) => boolean {
  return ({ vendor }) => target.startsWith(`${vendor.name}/`)
}
