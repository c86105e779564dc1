import type { Call, ReasoningWish } from '../../call/call.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { planThinking } from '../anthropic/thinking.ts'
import { openaiEffort } from '../openai-effort.ts'
import { DIALECT, isObject, leftover, type Members, nestedMembers, optionalObject } from './members.ts'

/** The member of a request in which a model is told what only its maker knows. */
const FIELDS = 'additionalModelRequestFields'

const CLAUDE = /\banthropic\.|claude/
const GPT = /\bopenai\./

/** Ids of models and of their profiles name the maker (`us.amazon.nova-pro-v1:0`); profiles and imports of an account's own do not. */
const NAMED = /(?:^|[./])[a-z0-9]+\.[a-z]/

export function isClaude(model: string): boolean {
  return CLAUDE.test(model)
}

/** False where nobody can tell whose model it is. */
export function namesMaker(model: string): boolean {
  return NAMED.test(model)
}

/**
 * Betas of Anthropic's own API that Bedrock knows (docs.aws.amazon.com/bedrock, "Anthropic Claude Messages API", member
 * `anthropic_beta`); any other is answered with 400 "invalid beta flag".
 */
const BETAS: ReadonlySet<Json> = new Set([
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
  'token-efficient-tools-2025-02-19',
  'interleaved-thinking-2025-05-14',
  'output-128k-2025-02-19',
  'dev-full-thinking-2025-05-14',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'effort-2025-11-24',
  'tool-search-tool-2025-10-19',
  'tool-examples-2025-10-29',
])

/** What the hub has words for among the model's own members; `left` is the rest. Throws Malformed. */
export function readFields(json: Json | undefined): { call: Pick<Call, 'topK' | 'reasoning'>; left: Members } {
  const fields = optionalObject(json, FIELDS) ?? {}
  const thinking = readThinking(fields.thinking)
  const topK = typeof fields.top_k === 'number' ? fields.top_k : undefined
  const understood = new Set([
    ...(topK === undefined ? [] : ['top_k']),
    ...(thinking === undefined ? [] : ['thinking']),
  ])
  return {
    call: { ...(topK !== undefined && { topK }), ...(thinking !== undefined && { reasoning: thinking }) },
    left: leftover(fields, understood, `${FIELDS}.`),
  }
}

/** Claude's `thinking`, where it says nothing but what a wish can say. */
function readThinking(thinking: Json | undefined): ReasoningWish | undefined {
  if (!isObject(thinking)) return undefined
  const { type, budget_tokens: budget, ...rest } = thinking
  if (Object.keys(rest).length > 0) return undefined
  if (type === 'enabled') {
    if (budget === undefined) return { enabled: true }
    return typeof budget === 'number' ? { enabled: true, budget } : undefined
  }
  if (budget !== undefined) return undefined
  if (type === 'adaptive') return { enabled: true, adaptive: true }
  return type === 'disabled' ? { enabled: false } : undefined
}

/** What is asked of the model in its own words, and what follows from that. */
export interface FieldsPlan {
  readonly body: JsonObject
  /** Tokens, where thinking needs more than were asked for or than are usual. */
  readonly maxTokens: number | undefined
  /** Claude thinks with a budget: forbids sampling settings and forced tools. */
  readonly extended: boolean
}

/** The model's own members. What the model is not known to have a word for is a loss. */
export function planFields(call: Call, losses: Loss[]): FieldsPlan {
  const own = nestedMembers(call.extra, FIELDS)
  if (call.dialect === DIALECT)
    return asPlan({ ...own, ...topKOf(call), ...thinkingOf(call.reasoning) }, call.maxTokens)
  if (isClaude(call.model)) return planClaude(call, losses)
  if (call.topK !== undefined) losses.push({ path: 'top_k', why: 'this model has no such setting at Bedrock' })
  return asPlan(
    GPT.test(call.model) ? gptEffort(call.reasoning, losses) : noThinking(call.reasoning, losses),
    call.maxTokens,
  )
}

function asPlan(fields: Members, maxTokens: number | undefined, extended = false): FieldsPlan {
  return { body: Object.keys(fields).length === 0 ? {} : { [FIELDS]: fields }, maxTokens, extended }
}

/** Claude is asked as at Anthropic, whose rules Bedrock applies too. */
function planClaude(call: Call, losses: Loss[]): FieldsPlan {
  const { thinking, extended, maxTokens, effort: planned } = planThinking(call, losses)
  const effort = (call.dialect === 'anthropic' ? call.reasoning?.effort : undefined) ?? planned
  if (extended && call.topK !== undefined) losses.push({ path: 'top_k', why: 'refused with extended thinking' })
  const fields = {
    ...(extended ? {} : topKOf(call)),
    ...(thinking !== undefined && { thinking }),
    ...(effort !== undefined && { output_config: { effort } }),
    ...knownBetas(call, losses),
  }
  return asPlan(fields, extended ? maxTokens : call.maxTokens, extended)
}

function knownBetas({ extra }: Call, losses: Loss[]): Members {
  const betas = extra?.anthropic?.$betas
  if (!Array.isArray(betas)) return {}
  const known = betas.filter(beta => BETAS.has(beta))
  if (known.length < betas.length)
    losses.push({ path: 'anthropic-beta', why: 'Bedrock refuses betas that it does not know' })
  return known.length === 0 ? {} : { anthropic_beta: known }
}

function topKOf({ topK }: Call): Members {
  return topK === undefined ? {} : { top_k: topK }
}

function thinkingOf(wish: ReasoningWish | undefined): Members {
  if (wish === undefined) return {}
  const { enabled, adaptive, budget } = wish
  const type = enabled === false ? 'disabled' : adaptive === true ? 'adaptive' : 'enabled'
  return { thinking: { type, ...(budget !== undefined && { budget_tokens: budget }) } }
}

/** Of OpenAI's efforts its open models know three (their model cards). */
function gptEffort(wish: ReasoningWish | undefined, losses: Loss[]): Members {
  const effort = wish && openaiEffort(wish, losses)
  if (effort === undefined) return {}
  return { reasoning_effort: effort === 'minimal' ? 'low' : effort === 'xhigh' ? 'high' : effort }
}

function noThinking(wish: ReasoningWish | undefined, losses: Loss[]): Members {
  if (wish !== undefined && wish.enabled !== false) {
    losses.push({ path: 'reasoning', why: 'it is not known how this model is asked to think at Bedrock' })
  }
  return {}
}
