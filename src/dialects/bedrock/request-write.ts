import type { Call } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { withoutRefusedMarks } from './caching.ts'
import { DIALECT, nestedMembers, ownMembers } from './members.ts'
import { type FieldsPlan, planFields } from './model-fields.ts'
import { writeOutputConfig } from './output-config.ts'
import { writeTools } from './tools.ts'
import { writeTurns } from './turns-write.ts'

/** Members whose own members stand in `extra` behind their name and a dot. */
const NESTED = ['inferenceConfig', 'toolConfig', 'additionalModelRequestFields', 'outputConfig'] as const

/** Below this Claude refuses `topP` with extended thinking (Anthropic's guide to extended thinking: 0.95 to 1). */
const LEAST_TOP_P_WITH_THINKING = 0.95

/** Bedrock's tiers (its service model, ServiceTierType), and what the other APIs call the first of them. */
const TIERS: ReadonlyMap<string, string> = new Map([
  ['default', 'default'],
  ['standard_only', 'default'],
  ['priority', 'priority'],
  ['flex', 'flex'],
  ['reserved', 'reserved'],
])

/** A call as a Converse request; model and stream are said by its address. Throws InvalidRequest where Bedrock could only refuse it. */
export function writeRequest(asked: Call): { body: JsonObject; losses: Loss[] } {
  const losses: Loss[] = [...foreignLosses(DIALECT, undefined, asked.extra), ...unsupported(asked)]
  const call = withoutRefusedMarks(asked, losses)
  const turns = writeTurns(call, losses)
  const plan = planFields(call, losses)
  const body = {
    ...ownMembers(call.extra, ...NESTED),
    ...turns,
    ...writeInference(call, plan, losses),
    ...writeTools(call, plan.extended, losses),
    ...plan.body,
    ...writeOutputConfig(call, losses),
    ...writeTier(call, losses),
  }
  return { body, losses }
}

/** Settings without a counterpart, unless they ask for what happens anyway. Paths are OpenAI's, who has them. */
function unsupported(call: Call): Loss[] {
  const wishes: readonly (readonly [string, boolean])[] = [
    ['seed', call.seed !== undefined],
    ['frequency_penalty', (call.frequencyPenalty ?? 0) !== 0],
    ['presence_penalty', (call.presencePenalty ?? 0) !== 0],
    ['n', (call.choices ?? 1) > 1],
    ['logprobs', call.logprobs?.enabled === true],
    ['user', call.user !== undefined],
  ]
  return wishes.filter(([, wished]) => wished).map(([path]) => ({ path, why: 'Bedrock has no such setting' }))
}

function writeInference(call: Call, { extended, maxTokens }: FieldsPlan, losses: Loss[]): JsonObject {
  const config: Record<string, Json> = nestedMembers(call.extra, 'inferenceConfig')
  const { temperature, topP } = call
  const forbid = (path: string): void => {
    losses.push({ path, why: 'refused with extended thinking' })
  }
  if (maxTokens !== undefined) config.maxTokens = maxTokens
  if (temperature !== undefined) {
    if (extended && temperature !== 1) forbid('temperature')
    else config.temperature = warmest(call, temperature, losses)
  }
  if (topP !== undefined) {
    if (extended && topP < LEAST_TOP_P_WITH_THINKING) forbid('top_p')
    else config.topP = topP
  }
  const stop = writeStop(call, losses)
  if (stop !== undefined) config.stopSequences = stop
  return Object.keys(config).length === 0 ? {} : { inferenceConfig: config }
}

/** OpenAI's scale ends at 2, Bedrock's at 1. */
function warmest({ dialect }: Call, temperature: number, losses: Loss[]): number {
  if (temperature <= 1 || dialect === DIALECT) return temperature
  losses.push({ path: 'temperature', why: "Bedrock's highest temperature is 1" })
  return 1
}

/** Blank sequences are refused by the models; Bedrock's own callers hear that from it. */
function writeStop({ stop, dialect }: Call, losses: Loss[]): readonly string[] | undefined {
  if (stop === undefined || dialect === DIALECT) return stop
  const telling = stop.filter(sequence => sequence.trim() !== '')
  if (telling.length < stop.length) losses.push({ path: 'stop', why: 'Bedrock refuses blank stop sequences' })
  return telling.length === 0 ? undefined : telling
}

function writeTier({ serviceTier, dialect }: Call, losses: Loss[]): JsonObject {
  if (serviceTier === undefined || (serviceTier === 'auto' && dialect !== DIALECT)) return {}
  const type = dialect === DIALECT ? serviceTier : TIERS.get(serviceTier)
  if (type !== undefined) return { serviceTier: { type } }
  losses.push({ path: 'service_tier', why: `Bedrock has no tier "${serviceTier}"` })
  return {}
}
