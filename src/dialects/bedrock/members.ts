import type { Annotated, Extra } from '../../call/block.ts'
import type { Json, JsonObject } from '../../call/json.ts'

export const DIALECT = 'bedrock'

export type Members = Readonly<Record<string, Json>>

/** A member that is not what the Converse API says it is. `path` names it; the message says what is expected. */
export class Malformed extends Error {
  readonly path: string

  constructor(path: string, expected: string) {
    super(`${path} must be ${expected}`)
    this.path = path
  }
}

/** True for JSON objects. */
export function isMembers(value: Json | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object at `path`; throws Malformed. */
export function membersAt(value: Json | undefined, path: string): Members {
  if (isMembers(value)) return value
  throw new Malformed(path, 'an object')
}

/** The list at `path`; throws Malformed. */
export function listAt(value: Json | undefined, path: string): readonly Json[] {
  if (Array.isArray(value)) return value
  throw new Malformed(path, 'an array')
}

/** The string at `path`; throws Malformed. */
export function stringAt(value: Json | undefined, path: string): string {
  if (typeof value === 'string') return value
  throw new Malformed(path, 'a string')
}

/** The number at `path`; null and absent are undefined; throws Malformed. */
export function optionalNumber(value: Json | undefined, path: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number') return value
  throw new Malformed(path, 'a number')
}

/** The string at `path`; null and absent are undefined; throws Malformed. */
export function optionalString(value: Json | undefined, path: string): string | undefined {
  return value === undefined || value === null ? undefined : stringAt(value, path)
}

/** The object at `path`, empty where it is null or absent; throws Malformed. */
export function optionalMembers(value: Json | undefined, path: string): Members {
  return value === undefined || value === null ? {} : membersAt(value, path)
}

/** What an object holds beside the members that were read, every name behind `prefix` (`inferenceConfig.`). */
export function leftover(object: JsonObject, read: ReadonlySet<string>, prefix = ''): Record<string, Json> {
  const rest: Record<string, Json> = {}
  for (const [member, value] of Object.entries(object)) {
    if (value === undefined || (read.has(member) && value !== null)) continue
    rest[prefix + member] = value
  }
  return rest
}

/** Members as the `extra` of this dialect; nothing when there are none. */
export function asExtra(members: Members): { extra?: Extra } {
  return Object.keys(members).length === 0 ? {} : { extra: { [DIALECT]: members } }
}

/**
 * The members of `extra` to write at the top of an object: neither notes nor members of the `nested` objects. The note
 * `$wire` holds members that are form only (`inferenceConfig: {}`): written back, yet no loss to another dialect.
 */
export function ownMembers(extra: Extra | undefined, ...nested: readonly string[]): Record<string, Json> {
  const members = extra?.[DIALECT]
  const own: Record<string, Json> = {}
  if (members === undefined) return own
  for (const [name, value] of Object.entries(members)) {
    if (name.startsWith('$') || nested.some(prefix => name.startsWith(`${prefix}.`))) continue
    own[name] = value
  }
  return isMembers(members.$wire) ? { ...members.$wire, ...own } : own
}

/** The members of `extra` to write inside the nested object `name`. */
export function nestedMembers(extra: Extra | undefined, name: string): Record<string, Json> {
  const inside: Record<string, Json> = {}
  for (const [member, value] of Object.entries(extra?.[DIALECT] ?? {})) {
    if (member.startsWith(`${name}.`)) inside[member.slice(name.length + 1)] = value
  }
  return inside
}

/** A note on form that the readers of this dialect left (`$blank`). */
export function noteOf(extra: Extra | undefined, name: `$${string}`): Json | undefined {
  return extra?.[DIALECT]?.[name]
}

/**
 * What a block may carry: its place, and the members that have no neutral word, those of the object inside it behind the
 * name of the block (`toolUse.type`).
 */
export function annotations(
  value: Members,
  at: string,
  kind: string,
  read: ReadonlySet<string>,
  more: Members = {},
): Annotated {
  const inner = value[kind]
  const inside = isMembers(inner) ? leftover(inner, read, `${kind}.`) : {}
  return { at, ...asExtra({ ...leftover(value, new Set([kind])), ...inside, ...more }) }
}
