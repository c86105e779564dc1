import type { Json, JsonObject } from '../call/json.ts'
import type { Candidate, Target } from './target.ts'

/**
 * The state of every target, for the operator: for each key, by its index, what keeps it from being used. Shows no key and no address.
 * `now` in ms on the monotonic clock; remaining times in whole ms.
 */
export function targetStates(targets: readonly Target[], now: number): JsonObject {
  return { targets: targets.map(target => stateOf(target, now)) }
}

function stateOf({ id, vendor, candidates }: Target, now: number): Json {
  return {
    target: id,
    // `null`: there are no health checks.
    healthy: vendor.health?.healthy ?? null,
    keys: candidates.map(candidate => keyState(candidate, now)),
  }
}

function keyState({ key, gate }: Candidate, now: number): Json {
  const { state, openForMs, lastFailure } = gate.breaker
  return {
    index: key.index,
    ready: gate.ready(now),
    breaker: state,
    openForMs: Math.ceil(openForMs),
    cooldownMs: Math.ceil(gate.cooldown.remaining(now)),
    keyCooldownMs: Math.ceil(key.cooldown.remaining(now)),
    lastFailure: lastFailure === undefined ? null : { ...lastFailure, at: new Date(lastFailure.at).toISOString() },
  }
}
