import type { Json } from '../../call/json.ts'
import { isObject } from './members.ts'

/** Members whose own members are the caller's: names in them mean what they say. */
const CALLERS_OWN: ReadonlySet<string> = new Set([
  ...['args', 'response', 'parameters', 'parametersJsonSchema'],
  // `schema` is that of a responseFormat.
  ...['responseSchema', 'responseJsonSchema', '_responseJsonSchema', 'schema'],
  ...['labels', 'metadata', 'partMetadata'],
])

/**
 * A request with every member of the API's own under its camelCase name. Google's JSON takes both spellings
 * (protobuf.dev/programming-guides/json) and its own clients send both, so that one is made of them before anything is read.
 */
export function camelCased(value: Json): Json {
  if (Array.isArray(value)) return value.map(camelCased)
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([member, inner]) => {
    const name = member.replace(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    return [name, CALLERS_OWN.has(name) ? inner : camelCased(inner)]
  })
  return Object.fromEntries(members)
}
