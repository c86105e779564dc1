import { anthropicModels } from './anthropic.ts'
import type { FactsTable, ModelFacts } from './facts.ts'
import { googleModels } from './google.ts'
import { plainNames } from './names.ts'
import { openaiModels } from './openai.ts'
import { otherModels } from './other-makers.ts'

/** The built-in facts; docs/models.md names their sources. */
export const KNOWN_MODELS: FactsTable = { ...openaiModels, ...anthropicModels, ...googleModels, ...otherModels }

const UNKNOWN: ModelFacts = Object.freeze({})

/**
 * What is known of a provider's model. The operator's rows (`own`), by `provider/model` or by the model's name, override the
 * built-in facts member by member. Empty for an unknown model.
 */
export function factsOf(provider: string, model: string, own: FactsTable): ModelFacts {
  const known = firstOf(KNOWN_MODELS, plainNames(model))
  const general = firstOf(own, [model, ...plainNames(model)])
  const special = firstOf(own, [`${provider}/${model}`])
  const rows = [known, general, special].filter(row => row !== undefined)
  return rows.length === 0 ? UNKNOWN : Object.assign({}, ...rows.map(withoutUndefined))
}

function firstOf(table: FactsTable, names: readonly string[]): ModelFacts | undefined {
  const name = names.find(candidate => Object.hasOwn(table, candidate))
  return name === undefined ? undefined : table[name]
}

/** Without undefined members, which would override those of other rows. */
function withoutUndefined(facts: ModelFacts): ModelFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}
