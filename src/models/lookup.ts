import { anthropicModels } from './anthropic.ts'
import type { FactsTable, ModelFacts } from './facts.ts'
import { googleModels } from './google.ts'
import { plainNames } from './names.ts'
import { openaiModels } from './openai.ts'
import { otherModels } from './other-makers.ts'

/** Everything that is known of models by itself; docs/models.md says from where. */
export const KNOWN_MODELS: FactsTable = { ...openaiModels, ...anthropicModels, ...googleModels, ...otherModels }

const UNKNOWN: ModelFacts = Object.freeze({})

/**
 * What is known of a provider's model. The operator's rows (`own`), under `provider/model` or under the model's name, win
 * member by member over what is known by itself. Empty for a model that nobody knows.
 */
export function factsOf(provider: string, model: string, own: FactsTable): ModelFacts {
  const known = firstOf(KNOWN_MODELS, plainNames(model))
  const general = firstOf(own, [model, ...plainNames(model)])
  const special = firstOf(own, [`${provider}/${model}`])
  const rows = [known, general, special].filter(row => row !== undefined)
  return rows.length === 0 ? UNKNOWN : Object.assign({}, ...rows.map(said))
}

function firstOf(table: FactsTable, names: readonly string[]): ModelFacts | undefined {
  const name = names.find(candidate => Object.hasOwn(table, candidate))
  return name === undefined ? undefined : table[name]
}

/** Members that are undefined say nothing and hide nothing. */
function said(facts: ModelFacts): ModelFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}
