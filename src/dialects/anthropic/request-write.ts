import type { Call } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { DIALECT, nestedMembers, ownMembers } from './members.ts'
import { writeOutputConfig } from './output-config.ts'
import { planThinking } from './thinking.ts'
import { writeTools } from './tools.ts'
import { writeTurns } from './turns-write.ts'

/** Members whose own members stand in `extra` behind their name and a dot. */
const NESTED = ['metadata', 'output_config', 'thinking', 'tool_choice'] as const

/** Below this Anthropic refuses `top_p` with extended thinking (its guide to extended thinking: 0.95 to 1). */
const LEAST_TOP_P_WITH_THINKING = 0.95

/** A call as a Messages API request. Throws InvalidRequest where Anthropic could only refuse it. */
export function writeRequest(call: Call): { body: JsonObject; losses: Loss[] } {
  const losses: Loss[] = [...foreignLosses(DIALECT, undefined, call.extra), ...unsupported(call)]
  const { system, messages } = writeTurns(call, losses)
  const { maxTokens, thinking, extended, effort } = planThinking(call, losses)
  const metadata = { ...nestedMembers(call.extra, 'metadata'), ...(call.user !== undefined && { user_id: call.user }) }
  const body = {
    ...ownMembers(call.extra, ...NESTED),
    model: call.model,
    ...(system !== undefined && { system }),
    messages,
    ...writeTools(call, extended, losses),
    max_tokens: maxTokens,
    ...(thinking !== undefined && { thinking }),
    ...writeOutputConfig(call, effort, losses),
    ...writeSampling(call, extended, losses),
    ...writeStop(call, losses),
    ...writeServiceTier(call, losses),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(call.stream && { stream: true }),
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
  ]
  return wishes.filter(([, wished]) => wished).map(([path]) => ({ path, why: 'Anthropic has no such setting' }))
}

function writeSampling(call: Call, extended: boolean, losses: Loss[]): JsonObject {
  const { temperature, topP, topK } = call
  const sampling: Record<string, Json> = {}
  const forbid = (path: string): void => {
    losses.push({ path, why: 'Anthropic refuses it with extended thinking' })
  }
  if (temperature !== undefined) {
    if (extended && temperature !== 1) forbid('temperature')
    else sampling.temperature = warmest(temperature, losses)
  }
  if (topP !== undefined) {
    if (extended && topP < LEAST_TOP_P_WITH_THINKING) forbid('top_p')
    else sampling.top_p = topP
  }
  if (topK !== undefined) {
    if (extended) forbid('top_k')
    else sampling.top_k = topK
  }
  return sampling
}

/** OpenAI's scale ends at 2, Anthropic's at 1. */
function warmest(temperature: number, losses: Loss[]): number {
  if (temperature <= 1) return temperature
  losses.push({ path: 'temperature', why: "Anthropic's highest temperature is 1" })
  return 1
}

/** Anthropic refuses stop sequences of nothing but white space; its own callers hear that from it. */
function writeStop({ stop, dialect }: Call, losses: Loss[]): JsonObject {
  if (stop === undefined) return {}
  if (dialect === DIALECT) return { stop_sequences: stop }
  const telling = stop.filter(sequence => sequence.trim() !== '')
  if (telling.length < stop.length) losses.push({ path: 'stop', why: 'Anthropic refuses blank stop sequences' })
  return telling.length === 0 ? {} : { stop_sequences: telling }
}

/** OpenAI's `default` is Anthropic's `standard_only`; the paid tiers of the one do not exist at the other. */
function writeServiceTier({ serviceTier, dialect }: Call, losses: Loss[]): JsonObject {
  if (serviceTier === undefined) return {}
  if (dialect === DIALECT || serviceTier === 'auto') return { service_tier: serviceTier }
  if (serviceTier === 'default') return { service_tier: 'standard_only' }
  losses.push({ path: 'service_tier', why: `Anthropic has no tier "${serviceTier}"` })
  return {}
}
