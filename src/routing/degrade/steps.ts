import type { Call, ReasoningWish } from '../../call/call.ts'
import { EFFORT_BUDGETS, EFFORTS, type Effort } from '../../call/effort.ts'
import type { Envelope } from '../../relay/envelope.ts'

/** A cheaper way to an answer. */
export interface Step {
  readonly name: string
  /** Most tokens of the answer. */
  readonly maxTokens?: number | undefined
  /** Most effort of reasoning, for calls that ask for any. */
  readonly reasoningEffort?: Effort | undefined
  /** An answer from the cache is given that is out of date, where there is one. Changes no call. */
  readonly stale?: boolean | undefined
  /** The models that stand in are asked before the model itself. Changes no call. */
  readonly degradeTo?: boolean | undefined
}

/** Takes the steps, in order; returns the names of those that changed the call. One that cannot be read goes on as it came. */
export function takeSteps(envelope: Envelope, steps: readonly Step[]): readonly string[] {
  // A call that none of them could change need not be read.
  if (!steps.some(asksForLess)) return []
  const asked = envelope.read()
  if (asked === undefined) return []
  const taken: string[] = []
  let call = asked
  for (const step of steps) {
    const cheaper = cheapen(call, step)
    if (cheaper === call) continue
    call = cheaper
    taken.push(step.name)
  }
  if (call !== asked) envelope.replace(call)
  return taken
}

function asksForLess({ maxTokens, reasoningEffort }: Step): boolean {
  return maxTokens !== undefined || reasoningEffort !== undefined
}

/** The call with a step's limits; the same one where it keeps them already. */
export function cheapen(call: Call, { maxTokens, reasoningEffort }: Step): Call {
  const long = maxTokens !== undefined && (call.maxTokens === undefined || call.maxTokens > maxTokens)
  const reasoning = reasoningEffort && easierWish(call.reasoning, reasoningEffort)
  if (!long && reasoning === undefined) return call
  return { ...call, ...(long && { maxTokens }), ...(reasoning && { reasoning }) }
}

/** The wish for no more than this effort; undefined where it asks for no more, or in a word whose place is not known. */
function easierWish(wish: ReasoningWish | undefined, most: Effort): ReasoningWish | undefined {
  if (wish === undefined || wish.enabled === false) return undefined
  const { effort, budget } = wish
  const limit = EFFORT_BUDGETS[most]
  const lower = budget !== undefined && budget > limit
  const easier = effort === undefined ? budget === undefined : rank(effort) > rank(most)
  if (!lower && !easier) return undefined
  return { ...wish, ...(lower && { budget: limit }), ...(easier && { effort: most }) }
}

function rank(effort: string): number {
  return (EFFORTS as readonly string[]).indexOf(effort)
}
