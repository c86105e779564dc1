import { seedOf } from './affinity/rendezvous.ts'
import type { Breakers } from './breakers.ts'
import { Gate } from './gate.ts'
import type { Target, Vendor } from './target.ts'

/** What metrics call all models that are not in the config: clients choose their names. */
export const OTHER_MODELS = 'other'

/** What a route says of one of its targets. */
type TargetSettings = Pick<Target, 'model' | 'weight' | 'price' | 'configured'>

/** A target with a candidate for each key of its vendor; `Before` is what stands before each. */
export function createTarget(vendor: Vendor, settings: TargetSettings, breakers: Breakers, Before = Gate): Target {
  const { model, configured } = settings
  const id = `${vendor.name}/${model}`
  const facts = vendor.facts(model)
  const target: Target = {
    ...settings,
    price: settings.price ?? facts.price,
    id,
    vendor,
    facts,
    load: breakers.load(id),
    retryBudget: breakers.retryBudget(id),
    seed: seedOf(id),
    due: 0,
    candidates: [],
    turn: -1,
  }
  const labels = { provider: vendor.name, model: configured ? model : OTHER_MODELS }
  const candidates = vendor.keys.map(key => {
    const candidateId = breakerId(id, key.index)
    const candidateLabels = { ...labels, key: String(key.index) }
    const breaker = breakers.get(candidateId, vendor.breaker, candidateLabels)
    const keyLimits = breakers.allowances.key(breakerId(vendor.name, key.index), vendor.limits)
    const allowance = breakers.allowances.get(candidateId, keyLimits, vendor.adaptiveConcurrency, candidateLabels)
    return {
      target,
      key,
      gate: new Before(breaker, breakers.cooldown(candidateId), key.cooldown, allowance, vendor.health),
    }
  })
  return Object.assign(target, { candidates })
}

/** What names the breaker of a target with one of its vendor's keys. */
export function breakerId(target: string, key: number): string {
  return `${target}#${key}`
}
