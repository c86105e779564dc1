import { seedOf } from './affinity/rendezvous.ts'
import { Gate } from './gate.ts'
import type { RoutingState } from './routing-state.ts'
import type { Target, Vendor } from './target.ts'

/** What metrics call all models that are not in the config: clients choose their names. */
export const OTHER_MODELS = 'other'

/** What a route says of one of its targets. */
type TargetSettings = Pick<Target, 'model' | 'weight' | 'price' | 'configured'>

/** A target with a candidate for each key of its vendor; `GateClass` is the class of their gates. */
export function createTarget(vendor: Vendor, settings: TargetSettings, state: RoutingState, GateClass = Gate): Target {
  const { model, configured } = settings
  const id = `${vendor.name}/${model}`
  const facts = vendor.facts(model)
  const target: Target = {
    ...settings,
    price: settings.price ?? facts.price,
    id,
    vendor,
    facts,
    load: state.load(id),
    retryBudget: state.retryBudget(id),
    seed: seedOf(id),
    due: 0,
    candidates: [],
    turn: -1,
  }
  const labels = { provider: vendor.name, model: configured ? model : OTHER_MODELS }
  const candidates = vendor.keys.map(key => {
    const candidateId = idWithKey(id, key.index)
    const candidateLabels = { ...labels, key: String(key.index) }
    const breaker = state.breaker(candidateId, vendor.breaker, candidateLabels)
    const keyLimits = state.allowances.key(idWithKey(vendor.name, key.index), vendor.limits)
    const allowance = state.allowances.get(candidateId, keyLimits, vendor.adaptiveConcurrency, candidateLabels)
    return {
      target,
      key,
      gate: new GateClass(breaker, state.cooldown(candidateId), key.cooldown, allowance, vendor.health),
    }
  })
  return Object.assign(target, { candidates })
}

/** Names a target, or a vendor, with one of the vendor's keys. */
export function idWithKey(target: string, key: number): string {
  return `${target}#${key}`
}
