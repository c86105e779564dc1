import type { Breakers } from './breakers.ts'
import { Gate } from './gate.ts'
import { seedOf } from './rendezvous.ts'
import type { Target, Vendor } from './target.ts'

/** What a route says of one of its targets. */
export type TargetSettings = Pick<Target, 'model' | 'weight' | 'price' | 'configured'>

/** A target with a candidate for each key of its vendor. */
export function createTarget(vendor: Vendor, settings: TargetSettings, breakers: Breakers): Target {
  const { model, configured } = settings
  const id = `${vendor.name}/${model}`
  const target: Target = {
    ...settings,
    id,
    vendor,
    load: breakers.load(id),
    retryBudget: breakers.retryBudget(id),
    seed: seedOf(id),
    due: 0,
    candidates: [],
    turn: -1,
  }
  const labels = { provider: vendor.name, model: configured ? model : 'other' }
  const candidates = vendor.keys.map(key => {
    const candidateId = breakerId(id, key.index)
    const breaker = breakers.get(candidateId, vendor.breaker, { ...labels, key: String(key.index) })
    return { target, key, gate: new Gate(breaker, breakers.cooldown(candidateId), key.cooldown, vendor.health) }
  })
  return Object.assign(target, { candidates })
}

/** What names the breaker of a target with one of its vendor's keys. */
export function breakerId(target: string, key: number): string {
  return `${target}#${key}`
}
