import type { Breakers } from './breakers.ts'
import { Gate } from './gate.ts'
import type { Target, Vendor } from './target.ts'

/** A target with a candidate for each key of its vendor. */
export function createTarget(
  vendor: Vendor,
  model: string,
  weight: number,
  configured: boolean,
  breakers: Breakers,
): Target {
  const id = `${vendor.name}/${model}`
  const target: Target = { id, vendor, model, weight, configured, candidates: [], turn: -1 }
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
