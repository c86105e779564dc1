import { escaped } from '../call/extra.ts'
import { isObject, type Json, type JsonObject } from '../call/json.ts'
import { InvalidRequest } from '../errors.ts'

export type Members = Readonly<Record<string, Json>>

/**
 * Reads members of a JSON object and remembers which were understood; `rest()` returns the others. With a path (`at`, '' for the
 * root) a member of the wrong type is an InvalidRequest; without one, in answers of vendors, it stays in the rest. So do null and
 * empty lists, which mean nothing but have to be written back.
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

  /** The value of a member, which stays in the rest. */
  peek(name: string): Json | undefined {
    return this.#object[name]
  }

  /** The value of a member of any type, which counts as understood. */
  take(name: string): Json | undefined {
    this.#understood.add(name)
    return this.#object[name]
  }

  /** Those of these members that are present, which count as understood. */
  takeEach(names: readonly string[]): Members {
    const members = names.map(name => [name, this.take(name)] as const)
    return Object.fromEntries(members.filter((member): member is [string, Json] => member[1] !== undefined))
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

  /** A reader of the object in member `name`. */
  nested(name: string): ObjectReader | undefined {
    const object = this.object(name)
    return object === undefined ? undefined : new ObjectReader(object, this.path(name))
  }

  /** The path of a member; undefined in answers. */
  path(name: string | number): string | undefined {
    if (this.at === undefined) return undefined
    return this.at === '' ? `${name}` : `${this.at}.${name}`
  }

  /** Throws InvalidRequest about a member; does nothing in answers. */
  refuse(name: string, expected: string): void {
    const param = this.path(name)
    if (param !== undefined) throw InvalidRequest({ param }, `${param} must be ${expected}`)
  }

  /** The members that were not understood, each name with `prefix` before it. */
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

/** The object without undefined members. */
export function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: Exclude<T[K], undefined> } = {}
  for (const name in members) {
    const value = members[name]
    if (value !== undefined) kept[name] = value as Exclude<T[typeof name], undefined>
  }
  return kept
}

/** `{ at }`, to be spread into a block; empty for blocks of answers, which have no path. */
export function place(at: string | undefined): { at?: string } {
  return at === undefined ? {} : { at }
}
