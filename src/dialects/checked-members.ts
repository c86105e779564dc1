import { escaped } from '../call/extra.ts'
import { isObject, type Json, type JsonObject } from '../call/json.ts'
import { InvalidRequest } from '../errors.ts'
import type { Members } from './object-reader.ts'

export { isObject, type Members }

/** A member whose value does not have the type that its API documents. */
export class Malformed extends Error {
  readonly path: string

  constructor(path: string, expected: string) {
    super(`${path} must be ${expected}`)
    this.path = path
  }
}

/** What `read` makes of a request; a Malformed that it throws becomes an InvalidRequest. */
export function readChecked<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof Malformed) throw InvalidRequest({ param: error.path }, error.message)
    throw error
  }
}

/** What `read` returns; undefined when it throws Malformed. */
export function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

/** The object at `path`; throws Malformed. */
export function objectAt(value: Json | undefined, path: string): Members {
  if (isObject(value)) return value
  throw new Malformed(path, 'an object')
}

/** The object at `path`; null and absent are undefined; throws Malformed. */
export function optionalObject(value: Json | undefined, path: string): Members | undefined {
  return value === undefined || value === null ? undefined : objectAt(value, path)
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
 * The members of an object that were not read, each name with `prefix` before it (`thinking.` for members of a nested object).
 * A null, which is read as absent, is kept so that it can be written again.
 */
export function leftover(object: JsonObject, read: ReadonlySet<string>, prefix = ''): Record<string, Json> {
  const rest: [string, Json][] = []
  for (const [member, value] of Object.entries(object)) {
    if (value === undefined || (read.has(member) && value !== null)) continue
    rest.push([prefix === '' ? escaped(member) : prefix + member, value])
  }
  return Object.fromEntries(rest)
}
