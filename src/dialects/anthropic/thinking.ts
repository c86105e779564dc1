import type { Call, ReasoningWish, Turn } from '../../call/call.ts'
import { budgetOfEffort, nearestEffort } from '../../call/effort.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { DIALECT, leftover, type Members, nestedMembers, objectAt, optionalNumber } from './members.ts'

/** The Messages API refuses smaller budgets, and budgets that do not stay below `max_tokens` (its OpenAPI document). */
const MINIMUM_BUDGET = 1024

/** Anthropic requires `max_tokens`, OpenAI does not: enough for a long answer of a model of which nothing is known, and within the limit of every one. */
const DEFAULT_MAX_TOKENS = 4096

const THINKING = new Set(['type', 'budget_tokens'])

/** `thinking` as a wish, and (`left`) what the hub has no word for. Throws Malformed. */
export function readThinking(thinking: Json | undefined): { wish?: ReasoningWish; left: Members } {
  if (thinking === undefined || thinking === null) return { left: {} }
  const value = objectAt(thinking, 'thinking')
  const left = leftover(value, THINKING, 'thinking.')
  switch (value.type) {
    case 'enabled': {
      const budget = optionalNumber(value.budget_tokens, 'thinking.budget_tokens')
      return { wish: { enabled: true, ...(budget !== undefined && { budget }) }, left }
    }
    case 'adaptive':
      return { wish: { enabled: true, adaptive: true }, left }
    case 'disabled':
      return { wish: { enabled: false }, left }
    default:
      return { left: { thinking: value } }
  }
}

/** What is sent of `thinking` and `max_tokens`, which depend on each other. */
interface ThinkingPlan {
  readonly maxTokens: number
  readonly thinking?: Members
  /** Extended thinking with a budget: forbids sampling settings and forced tools. */
  readonly extended: boolean
  /** In the place of a budget, for models that take none. */
  readonly effort?: string
}

/** Decides on thinking so that Anthropic will not refuse the request; what the caller does not get is a loss. */
export function planThinking(call: Call, losses: Loss[]): ThinkingPlan {
  const wish = call.reasoning
  const budget = wantedBudget(call, losses)
  if (budget === undefined) {
    const type = wish?.enabled === false ? 'disabled' : wish?.adaptive === true ? 'adaptive' : undefined
    return {
      maxTokens: call.maxTokens ?? call.target?.defaultMaxTokens ?? DEFAULT_MAX_TOKENS,
      extended: false,
      ...(type !== undefined && { thinking: { ...nestedMembers(call.extra, 'thinking'), type } }),
    }
  }
  if (call.target?.adaptiveThinking === true) return planAdaptive(call, budget, losses)
  const maxTokens =
    call.maxTokens ?? call.target?.defaultMaxTokens ?? Math.max(budget, MINIMUM_BUDGET) + DEFAULT_MAX_TOKENS
  const obstacle = obstacleTo(call.turns, maxTokens)
  if (obstacle !== undefined) {
    losses.push({ path: 'thinking', why: obstacle })
    return { maxTokens, extended: false }
  }
  const fitting = fit(budget, maxTokens)
  if (fitting !== budget && wish?.budget !== undefined) {
    losses.push({
      path: 'thinking.budget_tokens',
      why: `${budget} is not in [${MINIMUM_BUDGET}, max_tokens): ${fitting}`,
    })
  }
  const thinking = { ...nestedMembers(call.extra, 'thinking'), type: 'enabled', budget_tokens: fitting }
  return { maxTokens, thinking, extended: true }
}

/** For models that think as much as they like, and can only be told how hard. */
function planAdaptive(call: Call, budget: number, losses: Loss[]): ThinkingPlan {
  const wish = call.reasoning
  const effort = wish?.effort ?? nearestEffort(budget)
  if (wish?.budget !== undefined) {
    losses.push({ path: 'thinking.budget_tokens', why: `the model takes an effort in its place: ${effort}` })
  }
  return {
    maxTokens: call.maxTokens ?? call.target?.defaultMaxTokens ?? DEFAULT_MAX_TOKENS,
    extended: false,
    thinking: { ...nestedMembers(call.extra, 'thinking'), type: 'adaptive' },
    // Anthropic's scale begins with `low`.
    effort: effort === 'minimal' ? 'low' : effort,
  }
}

/** The budget that was asked for, in tokens or in a word; undefined when there shall be no thinking by budget. */
function wantedBudget({ reasoning, dialect, target }: Call, losses: Loss[]): number | undefined {
  if (reasoning === undefined || reasoning.enabled === false) return undefined
  if (reasoning.adaptive === true) {
    // Gemini's dynamic budget is for any model of its own; of Claude only newer ones accept adaptive thinking.
    return dialect === 'gemini' && target?.adaptiveThinking !== true ? budgetOfEffort('medium') : undefined
  }
  if (reasoning.budget !== undefined) return reasoning.budget
  // Anthropic's own effort word has a member of its own and does not switch thinking on.
  if (dialect === DIALECT && reasoning.enabled !== true) return undefined
  const effort = reasoning.effort ?? 'medium'
  const budget = budgetOfEffort(effort)
  if (budget === undefined)
    losses.push({ path: 'reasoning.effort', why: `no thinking budget is known for "${effort}"` })
  return budget
}

function fit(budget: number, maxTokens: number): number {
  if (budget < MINIMUM_BUDGET) return MINIMUM_BUDGET
  // Leaves as many tokens for the answer as the smallest budget takes, where there are so many.
  return budget < maxTokens ? budget : Math.max(MINIMUM_BUDGET, maxTokens - MINIMUM_BUDGET)
}

function obstacleTo(turns: readonly Turn[], maxTokens: number): string | undefined {
  if (maxTokens <= MINIMUM_BUDGET) return `max_tokens leaves no room for the smallest budget, ${MINIMUM_BUDGET}`
  if (inToolLoopWithoutProof(turns)) return 'the tool calls in progress came without their signed reasoning'
  return undefined
}

/**
 * Anthropic answers 400 "Expected `thinking` or `redacted_thinking`" when thinking is enabled and the assistant turn whose
 * tool results follow does not hold its reasoning any more.
 */
function inToolLoopWithoutProof(turns: readonly Turn[]): boolean {
  const last = turns.findLastIndex(turn => turn.role === 'assistant')
  const blocks = turns[last]?.blocks ?? []
  if (!blocks.some(block => block.type === 'tool-call')) return false
  if (!turns.slice(last + 1).some(turn => turn.blocks.some(block => block.type === 'tool-result'))) return false
  return !blocks.some(
    block => block.type === 'reasoning' && (block.signature !== undefined || block.redacted !== undefined),
  )
}
