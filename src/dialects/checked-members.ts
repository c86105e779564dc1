import { escaped } from '../call/extra.ts'
import { isObject as isMembers, type Json, type JsonObject } from '../call/json.ts'
import type { Members } from './object-reader.ts'

export { isMembers, type Members }

/** A member that is not what its API says it is. `path` names it; the message says what is expected. */
export class Malformed extends Error {
  readonly path: string

  constructor(path: string, expected: string) {
    super(`${path} must be ${expected}`)
    this.path = path
  }
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

/** The boolean at `path`; null and absent are undefined; throws Malformed. */
export function optionalBoolean(value: Json | undefined, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw new Malformed(path, 'true or false')
}

/** The string at `path`; null and absent are undefined; throws Malformed. */
export function optionalString(value: Json | undefined, path: string): string | undefined {
  return value === undefined || value === null ? undefined : stringAt(value, path)
}

/**
 * What an object holds beside the members that were read, every name behind `prefix` (`thinking.` for members of a nested
 * object). A null that was read as "absent" is kept, to be written again.
 */
export function leftover(object: JsonObject, read: ReadonlySet<string>, prefix = ''): Record<string, Json> {
  const rest: [string, Json][] = []
  for (const [member, value] of Object.entries(object)) {
    if (value === undefined || (read.has(member) && value !== null)) continue
    rest.push([prefix === '' ? escaped(member) : prefix + member, value])
  }
  return Object.fromEntries(rest)
}
