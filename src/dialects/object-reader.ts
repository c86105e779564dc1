import { escaped } from '../call/extra.ts'
import { isObject, type Json, type JsonObject } from '../call/json.ts'
import { InvalidRequest } from '../errors.ts'

export type Members = Readonly<Record<string, Json>>

/**
 * Reads members of one JSON object and remembers which were understood; `rest()` is what was not. With a path (`at`, ''
 * for the root) a member of the wrong type is an InvalidRequest; without one, in answers of vendors, it stays in the rest.
 * Null and empty lists say nothing but have to be written back, so they count as not understood.
 */
export class ObjectReader {
  readonly at: string | undefined
  readonly #object: JsonObject
  readonly #understood = new Set<string>()

  constructor(object: JsonObject, at: string | undefined) {
    this.#object = object
    this.at = at
  }

  /** A reader of `value`, which should be an object; undefined (or InvalidRequest) when it is not. */
  static of(value: Json | undefined, at: string | undefined): ObjectReader | undefined {
    if (isObject(value)) return new ObjectReader(value, at)
    if (at !== undefined) throw InvalidRequest({ param: at }, `${at} must be an object`)
    return undefined
  }

  /** The value as it stands; it stays in the rest. */
  peek(name: string): Json | undefined {
    return this.#object[name]
  }

  /** The value, whatever it is; understood. */
  take(name: string): Json | undefined {
    this.#understood.add(name)
    return this.#object[name]
  }

  string(name: string): string | undefined {
    return this.#typed(name, 'a string', value => typeof value === 'string')
  }

  number(name: string): number | undefined {
    return this.#typed(name, 'a number', value => typeof value === 'number')
  }

  boolean(name: string): boolean | undefined {
    return this.#typed(name, 'true or false', value => typeof value === 'boolean')
  }

  object(name: string): Members | undefined {
    return this.#typed(name, 'an object', (value): value is Members => isObject(value))
  }

  list(name: string): readonly Json[] | undefined {
    const list = this.#typed(name, 'a list', (value): value is readonly Json[] => Array.isArray(value))
    if (list?.length === 0) this.#understood.delete(name)
    return list
  }

  /** A reader of the object in `name`. */
  nested(name: string): ObjectReader | undefined {
    const object = this.object(name)
    return object === undefined ? undefined : new ObjectReader(object, this.path(name))
  }

  /** Where a member stands, for `at` and errors; undefined in answers. */
  path(name: string | number): string | undefined {
    if (this.at === undefined) return undefined
    return this.at === '' ? `${name}` : `${this.at}.${name}`
  }

  /** InvalidRequest about a member; in answers nothing is thrown. */
  refuse(name: string, expected: string): void {
    const param = this.path(name)
    if (param !== undefined) throw InvalidRequest({ param }, `${param} must be ${expected}`)
  }

  /** What was not understood, every name behind `prefix`. */
  rest(prefix = ''): Members {
    const entries: [string, Json][] = []
    for (const [name, value] of Object.entries(this.#object)) {
      if (value === undefined || this.#understood.has(name)) continue
      entries.push([prefix === '' ? escaped(name) : prefix + name, value])
    }
    return Object.fromEntries(entries)
  }

  #typed<T extends Json>(name: string, expected: string, is: (value: Json) => value is T): T | undefined {
    const value = this.#object[name]
    if (value === undefined || value === null) return undefined
    if (is(value)) {
      this.#understood.add(name)
      return value
    }
    this.refuse(name, expected)
    return undefined
  }
}

/** Without the members that are undefined. */
export function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: Exclude<T[K], undefined> } = {}
  for (const name in members) {
    const value = members[name]
    if (value !== undefined) kept[name] = value as Exclude<T[typeof name], undefined>
  }
  return kept
}
