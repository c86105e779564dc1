import type { Call } from '../call/call.ts'
import type { Loss } from '../call/loss.ts'
import type { ModelFacts, Parameter } from './facts.ts'

/** Where the hub keeps a parameter, and what asks for nothing that does not happen anyway. */
const MEMBERS: Readonly<Record<Parameter, { readonly member: keyof Call; idle(call: Call): boolean }>> = {
  temperature: { member: 'temperature', idle: call => call.temperature === 1 },
  top_p: { member: 'topP', idle: call => call.topP === 1 },
  top_k: { member: 'topK', idle: () => false },
  frequency_penalty: { member: 'frequencyPenalty', idle: call => call.frequencyPenalty === 0 },
  presence_penalty: { member: 'presencePenalty', idle: call => call.presencePenalty === 0 },
  logprobs: { member: 'logprobs', idle: call => call.logprobs?.enabled !== true },
  stop: { member: 'stop', idle: call => call.stop?.length === 0 },
  seed: { member: 'seed', idle: () => false },
}

/**
 * The call as the model can take it: without the settings that it refuses, and asking for no more output than it can give.
 * What the client does not get is a loss. The same call where nothing is known of the model.
 */
export function fitToModel(call: Call, facts: ModelFacts): { readonly call: Call; readonly losses: readonly Loss[] } {
  const losses: Loss[] = []
  const changes: { -readonly [K in keyof Call]?: Call[K] | undefined } = {}
  for (const parameter of refusedBy(facts, call)) {
    const { member, idle } = MEMBERS[parameter]
    if (call[member] === undefined || idle(call)) continue
    changes[member] = undefined
    losses.push({ path: parameter, why: 'the model refuses this setting' })
  }
  const { maxOutput, defaultMaxTokens = maxOutput, thinking } = facts
  if (maxOutput !== undefined && call.maxTokens !== undefined && call.maxTokens > maxOutput) {
    changes.maxTokens = maxOutput
    losses.push({ path: 'max_tokens', why: `the model puts out ${maxOutput} tokens at most` })
  }
  const model = {
    ...(defaultMaxTokens !== undefined && { defaultMaxTokens }),
    ...(thinking === 'adaptive' && { adaptiveThinking: true }),
  }
  if (Object.keys(model).length > 0) changes.target = model
  return { call: Object.keys(changes).length === 0 ? call : withChanges(call, changes), losses }
}

function refusedBy({ refuses = [], refusesWhileReasoning = [] }: ModelFacts, { reasoning }: Call): Parameter[] {
  const reasons = reasoning !== undefined && reasoning.enabled !== false
  return reasons ? [...refuses, ...refusesWhileReasoning] : [...refuses]
}

/** A member that is set to undefined is gone. */
function withChanges(call: Call, changes: object): Call {
  const merged = Object.entries({ ...call, ...changes }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(merged) as unknown as Call
}
