import type { Config, ModelConfig } from '../../config/config.ts'
import { createTarget } from '../create-target.ts'
import type { RoutingState } from '../routing-state.ts'
import type { Route, Standby, Target, Vendor } from '../target.ts'
import { LastGate } from './last-gate.ts'
import { Relief } from './relief.ts'

/** The standby of a model under `models`, part of its `route`; undefined where it has none. */
export function createStandby(
  route: Pick<Route, 'name' | 'targets' | 'queue'>,
  models: Config['models'],
  vendors: ReadonlyMap<string, Vendor>,
  state: RoutingState,
): Standby | undefined {
  const { name, targets, queue } = route
  const { fallbacks, lastResort, canned, degrade } = models[name] as ModelConfig
  const instead: Standby['models'] = {
    down: ladderOf(name, models),
    'context-window': fallbacks.contextWindow,
    'content-filter': fallbacks.contentFilter,
  }
  const alone = Object.values(instead).every(names => names.length === 0)
  if (alone && lastResort === undefined && canned === undefined && degrade === undefined) return undefined
  return {
    models: instead,
    lastResort: lastResort && createLastResort(lastResort, vendors, state),
    canned,
    relief:
      degrade &&
      new Relief(state.ladder(name, { ...degrade, steps: degrade.steps.length }), degrade.steps, targets, queue),
  }
}

/** The models below one, nearest first. Each is visited once: where ladders meet, there are far more paths than models. */
function ladderOf(name: string, models: Config['models']): readonly string[] {
  const below = new Set<string>()
  const descend = ({ degradeTo }: ModelConfig): void => {
    for (const next of degradeTo) {
      if (below.has(next)) continue
      below.add(next)
      descend(models[next] as ModelConfig)
    }
  }
  descend(models[name] as ModelConfig)
  return [...below]
}

function createLastResort(
  { provider, model }: NonNullable<ModelConfig['lastResort']>,
  vendors: ReadonlyMap<string, Vendor>,
  state: RoutingState,
): Target {
  return createTarget(vendors.get(provider) as Vendor, { model, weight: 1, configured: true }, state, LastGate)
}
