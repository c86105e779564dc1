import type { Call, ReasoningWish } from '../../call/call.ts'
import { EFFORT_BUDGETS, EFFORTS, type Effort } from '../../call/effort.ts'
import type { Envelope } from '../../relay/envelope.ts'

/** A cheaper way to an answer. */
export interface Step {
  readonly name: string
  /** Most output tokens. */
  readonly maxTokens?: number | undefined
  /** Most reasoning effort, for calls that request any. */
  readonly reasoningEffort?: Effort | undefined
  /** Answers with an out-of-date answer from the cache, where there is one. Changes no call. */
  readonly stale?: boolean | undefined
  /** The stand-ins are tried before the model itself. Changes no call. */
  readonly degradeTo?: boolean | undefined
}

/** Takes the steps, in order; returns the names of those that changed the call. A call that cannot be decoded stays as it is. */
export function takeSteps(envelope: Envelope, steps: readonly Step[]): readonly string[] {
  // A call that none of them could change need not be decoded.
  if (!steps.some(asksForLess)) return []
  const original = envelope.read()
  if (original === undefined) return []
  const taken: string[] = []
  let call = original
  for (const step of steps) {
    const cheaper = cheapen(call, step)
    if (cheaper === call) continue
    call = cheaper
    taken.push(step.name)
  }
  if (call !== original) envelope.replace(call)
  return taken
}

function asksForLess({ maxTokens, reasoningEffort }: Step): boolean {
  return maxTokens !== undefined || reasoningEffort !== undefined
}

/** The call with a step's limits; the same one where it keeps them already. */
export function cheapen(call: Call, { maxTokens, reasoningEffort }: Step): Call {
  const long = maxTokens !== undefined && (call.maxTokens === undefined || call.maxTokens > maxTokens)
  const reasoning = reasoningEffort && lessReasoning(call.reasoning, reasoningEffort)
  if (!long && reasoning === undefined) return call
  return { ...call, ...(long && { maxTokens }), ...(reasoning && { reasoning }) }
}

/** The reasoning lowered to this effort; undefined where it is no higher, or an unknown word. */
function lessReasoning(reasoning: ReasoningWish | undefined, most: Effort): ReasoningWish | undefined {
  if (reasoning === undefined || reasoning.enabled === false) return undefined
  const { effort, budget } = reasoning
  const limit = EFFORT_BUDGETS[most]
  const lower = budget !== undefined && budget > limit
  const easier = effort === undefined ? budget === undefined : rank(effort) > rank(most)
  if (!lower && !easier) return undefined
  return { ...reasoning, ...(lower && { budget: limit }), ...(easier && { effort: most }) }
}

function rank(effort: string): number {
  return (EFFORTS as readonly string[]).indexOf(effort)
}
