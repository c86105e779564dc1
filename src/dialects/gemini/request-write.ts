import type { Call } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { writeTurns } from './contents-write.ts'
import { writeGenerationConfig } from './generation-config.ts'
import { DIALECT, ownMembers } from './members.ts'
import { writeTools } from './tools-write.ts'

/** Members whose own members stand in `extra` behind their name and a dot. */
const NESTED = ['generationConfig', 'toolConfig'] as const

/** Google's service tiers, by the words of the other APIs. */
const TIERS: ReadonlyMap<string, string> = new Map([
  ['default', 'standard'],
  ['standard_only', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
])

/**
 * A call as a generateContent request; the model and whether to stream are for the path. Throws InvalidRequest where Gemini
 * could only refuse it.
 */
export function writeRequest(call: Call): { body: JsonObject; losses: Loss[] } {
  const losses: Loss[] = [...foreignLosses(DIALECT, undefined, call.extra)]
  const own = call.dialect === DIALECT
  const config = writeGenerationConfig(call, own, losses)
  if (call.user !== undefined) losses.push({ path: 'user', why: 'Gemini has no such setting' })
  const body = {
    ...ownMembers(call.extra, ...NESTED),
    ...writeTurns(call, losses),
    ...writeTools(call, losses),
    ...(config !== undefined && { generationConfig: config }),
    ...writeServiceTier(call, own, losses),
  }
  return { body, losses }
}

function writeServiceTier({ serviceTier }: Call, own: boolean, losses: Loss[]): JsonObject {
  if (serviceTier === undefined) return {}
  if (own) return { serviceTier }
  const tier = TIERS.get(serviceTier)
  if (tier !== undefined) return { serviceTier: tier }
  // `auto` leaves it to the vendor, as saying nothing does.
  if (serviceTier !== 'auto') losses.push({ path: 'service_tier', why: `Gemini has no tier "${serviceTier}"` })
  return {}
}
