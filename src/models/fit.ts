import type { Call } from '../call/call.ts'
import type { Loss } from '../call/loss.ts'
import type { ModelFacts, Parameter } from './facts.ts'

/** The member of a call that holds a parameter, and whether its value is the default, which models accept. */
const MEMBERS: Readonly<Record<Parameter, { readonly member: keyof Call; isDefault(call: Call): boolean }>> = {
  temperature: { member: 'temperature', isDefault: call => call.temperature === 1 },
  top_p: { member: 'topP', isDefault: call => call.topP === 1 },
  top_k: { member: 'topK', isDefault: () => false },
  frequency_penalty: { member: 'frequencyPenalty', isDefault: call => call.frequencyPenalty === 0 },
  presence_penalty: { member: 'presencePenalty', isDefault: call => call.presencePenalty === 0 },
  logprobs: { member: 'logprobs', isDefault: call => call.logprobs?.enabled !== true },
  stop: { member: 'stop', isDefault: call => call.stop?.length === 0 },
  seed: { member: 'seed', isDefault: () => false },
}

/**
 * The call without the settings that the model refuses, and with no higher limit of output than it has. What is changed is a
 * loss. The same call where nothing is known of the model.
 */
export function fitToModel(call: Call, facts: ModelFacts): { readonly call: Call; readonly losses: readonly Loss[] } {
  const losses: Loss[] = []
  const changes: { -readonly [K in keyof Call]?: Call[K] | undefined } = {}
  for (const parameter of refusedBy(facts, call)) {
    const { member, isDefault } = MEMBERS[parameter]
    if (call[member] === undefined || isDefault(call)) continue
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

/** The call with these changes; members that are set to undefined are removed. */
function withChanges(call: Call, changes: object): Call {
  const merged = Object.entries({ ...call, ...changes }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(merged) as unknown as Call
}
