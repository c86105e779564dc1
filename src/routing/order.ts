import type { Envelope } from '../relay/envelope.ts'
import { affinityKey } from './affinity/affinity.ts'
import { ascending, byLot } from './affinity/lot.ts'
import { rendezvous } from './affinity/rendezvous.ts'
import { STRATEGIES, type StrategyContext } from './strategies.ts'
import type { Route, Target } from './target.ts'

/** What of a request decides in which order targets are tried. */
export interface OrderContext {
  readonly envelope: Envelope
  /** The caller's name; undefined while the gateway is open. */
  readonly caller: string | undefined
  /** Monotonic clock, ms. */
  readonly now: number
}

/**
 * The targets of a route, best first, each once. Those that are ready come before those that are not, and those with a weight before
 * those of weight 0; the first group is ordered by the strategy, behind the one target that affinity pins the call to. `random` as
 * Math.random. Throws InvalidRequest where the call has the member that affinity goes by twice.
 */
export function orderOf(route: Route, context: OrderContext, random: () => number): readonly Target[] {
  const { targets } = route
  const leading = foremost(targets, context.now)
  const ordered = arrange(route, leading, context, random)
  if (leading.length === targets.length) return ordered
  const behind = targets.filter(target => !leading.includes(target))
  return [...ordered, ...ascending(behind, target => (isReady(target, context.now) ? 0 : 1))]
}

function foremost(targets: readonly Target[], now: number): readonly Target[] {
  // The usual case allocates no lists.
  if (targets.every(target => target.weight > 0 && isReady(target, now))) return targets
  const ready = targets.filter(target => isReady(target, now))
  const able = ready.length > 0 ? ready : targets
  const weighing = able.filter(({ weight }) => weight > 0)
  return weighing.length > 0 ? weighing : able
}

/** Whether any of its keys may be used at `now` (ms, monotonic); takes nothing. */
export function isReady({ candidates }: Target, now: number): boolean {
  return candidates.some(({ gate }) => gate.ready(now))
}

function arrange(
  { strategy, affinity }: Route,
  targets: readonly Target[],
  { envelope, caller, now }: OrderContext,
  random: () => number,
): readonly Target[] {
  if (targets.length === 1) return targets
  const strategyContext: StrategyContext = { streamed: envelope.stream, now, random }
  const key = affinity === undefined ? undefined : affinityKey(affinity, envelope, caller)
  if (key === undefined) return STRATEGIES[strategy](targets, strategyContext)
  const pinned = rendezvous(targets, key)
  const others = targets.filter(target => target !== pinned)
  // A weighted pick that is not tried would be taken from the share of the calls without a key.
  const rest = strategy === 'weighted' ? byLot(others, random) : STRATEGIES[strategy](others, strategyContext)
  return [pinned, ...rest]
}
