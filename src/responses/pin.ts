import { InvalidRequest } from '../errors.ts'
import type { Route, Target } from '../routing/target.ts'
import type { Origin } from './memory.ts'

/**
 * The route with nobody left on it but who gave the earlier response, by the key that it was given with: no other vendor, and
 * no other account at the same one, has it. Another model of the same vendor will do where the client asks for one. Throws
 * InvalidRequest that names `param` where the route does not lead there.
 */
export function pinned(route: Route, origin: Origin, param: string): Route {
  const target = route.targets.find(({ id }) => id === origin.target) ?? route.targets.find(isOf(origin))
  const candidate = target?.candidates.find(({ key }) => key.index === origin.key)
  if (target === undefined || candidate === undefined) {
    throw InvalidRequest(
      { param },
      `${param}: the response was given by ${origin.target}, and the model "${route.name}" does not lead there`,
    )
  }
  const { name, strategy, attempts, retrySameTarget, queue } = route
  return {
    name,
    strategy,
    targets: [{ ...target, candidates: [candidate] }],
    attempts,
    ...(retrySameTarget !== undefined && { retrySameTarget }),
    ...(queue !== undefined && { queue }),
  }
}

function isOf({ target }: Origin): (candidate: Target) => boolean {
  return ({ vendor }) => target.startsWith(`${vendor.name}/`)
}
