/** Path before the model's name: `publishers/google/models/`, `openai/`, an ARN's `inference-profile/`. */
const PATH = /^.*\//
/** Bedrock's ids begin with the region of an inference profile and with the maker. */
const REGION = /^(?:us-gov|us|eu|apac|au|jp|ca|sa|global)\./
const MAKER = /^(?:anthropic|amazon|openai|google|mistral|cohere|deepseek|xai)\./
/** Bedrock's `-v1:0`, Vertex' `@20250929` and `@default`. */
const VERSION = /(?:-v\d+(?::\d+[a-z]*)?|@[\w-]+)$/
/** `-20250929`, `-2025-08-07`, `-03-2025`, `-2411`, `-001`, `-latest`. */
const SNAPSHOT = /-(?:\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{3,4}|latest)$/

/** Other names of the same model. */
const ALIASES: Readonly<Record<string, string>> = {
  'claude-sonnet-4-0': 'claude-sonnet-4',
  'claude-opus-4-0': 'claude-opus-4',
  'mistral-medium-3.5': 'mistral-medium-3-5',
  'gpt-5.6': 'gpt-5.6-sol',
}

/**
 * The plain names of a model, the most exact first: for `us.anthropic.claude-sonnet-4-5-20250929-v1:0` these are
 * `claude-sonnet-4-5-20250929` and `claude-sonnet-4-5`. Never shorter than the maker's name: `gpt-5-mini` is not `gpt-5`.
 */
export function plainNames(model: string): readonly string[] {
  const bare = model.toLowerCase().replace(PATH, '').replace(REGION, '').replace(MAKER, '')
  const versionless = bare.replace(VERSION, '')
  const names = [bare, versionless, versionless.replace(SNAPSHOT, '')]
  return [...new Set(names.flatMap(name => [name, ALIASES[name] ?? name]))]
}
