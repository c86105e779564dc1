import { z } from 'zod'
import { schema } from './schema.ts'

/** The parts of JSON Schema (draft 7) that the configuration's schema uses. */
export interface JsonSchema {
  readonly $schema?: string
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly default?: unknown
  readonly enum?: readonly (string | number)[]
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly format?: string
  readonly writeOnly?: boolean
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** One setting. */
export interface Member {
  readonly key: string
  /** `['models', '*', 'targets', '*', 'provider']`: `*` for any name or index. */
  readonly pattern: readonly string[]
  /** `models.<name>.targets[].provider`. */
  readonly shown: string
  readonly required: boolean
  readonly schema: JsonSchema
}

/** The configuration as it is written in the file, as JSON Schema. */
export function inputSchema(): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => tidy(jsonSchema),
  }) as JsonSchema
}

/** Zod states the largest safe integer as a bound; to a reader that is no bound. */
function tidy(jsonSchema: { maximum?: number; minimum?: number }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

let members: readonly Member[] | undefined

/** Every setting at every depth, in the order of the schema; listed once, since that takes as long as reading a small file. */
export function listMembers(): readonly Member[] {
  members ??= membersOf(inputSchema(), [], '')
  return members
}

function membersOf(parent: JsonSchema, pattern: readonly string[], shown: string): Member[] {
  return Object.entries(parent.properties ?? {}).flatMap(([key, child]) => {
    const place = { pattern: [...pattern, key], shown: shown === '' ? key : `${shown}.${key}` }
    const required = parent.required?.includes(key) ?? false
    return [{ key, required, schema: child, ...place }, ...below(child, place.pattern, place.shown)]
  })
}

function below(member: JsonSchema, pattern: readonly string[], shown: string): Member[] {
  if (member.items !== undefined) return membersOf(member.items, [...pattern, '*'], `${shown}[]`)
  const named = member.additionalProperties
  if (typeof named === 'object') return membersOf(named, [...pattern, '*'], `${shown}.<name>`)
  return membersOf(member, pattern, shown)
}
