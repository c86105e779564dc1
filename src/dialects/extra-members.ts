import type { Extra } from '../call/block.ts'
import { unescaped } from '../call/extra.ts'
import { isObject, type Json } from '../call/json.ts'
import type { Members } from './object-reader.ts'

/** How a dialect keeps what the hub has no word for, and its notes on form (`$...`), under its own name in `extra`. */
interface ExtraMembers {
  /** `extra` with this dialect's members, spread into a block, turn or result; nothing when there are none. */
  extraOf(...parts: readonly Members[]): { extra?: Extra }
  /** True for what this dialect's readers made: its form is to be restored. */
  isOwn(extra: Extra | undefined): boolean
  /** A note on form (`$...`) that a reader left. */
  note(extra: Extra | undefined, name: string): Json | undefined
  /**
   * The members to write back at the top of an object: neither notes nor members of the nested objects named in `nested`.
   * The note `$wire` holds members that are form only (`index`, `object`): they are written back, yet never losses.
   */
  ownMembers(extra: Extra | undefined, ...nested: readonly string[]): Members
  /**
   * The members to write back inside the nested object `name`: readers keep them as `name.member`. Not those of objects inside
   * of that one, named in `nested`.
   */
  nestedMembers(extra: Extra | undefined, name: string, ...nested: readonly string[]): Members
}

/** The members of the dialect of that name. */
export function extraMembers(dialect: string): ExtraMembers {
  return {
    extraOf(...parts) {
      const [only = {}] = parts
      // Not by assignment, which loses a client's own `__proto__`.
      const members = parts.length < 2 ? only : Object.fromEntries(parts.flatMap(part => Object.entries(part)))
      return Object.keys(members).length === 0 ? {} : { extra: { [dialect]: members } }
    },
    isOwn: extra => extra?.[dialect] !== undefined,
    note: (extra, name) => extra?.[dialect]?.[name],
    ownMembers: (extra, ...nested) => topMembers(extra?.[dialect], nested),
    nestedMembers(extra, name, ...nested) {
      const members = extra?.[dialect]
      if (members === undefined) return {}
      const prefix = `${name}.`
      const inside = nested.map(inner => `${prefix}${inner}.`)
      const kept = Object.entries(members).filter(
        ([member]) => member.startsWith(prefix) && !inside.some(deeper => member.startsWith(deeper)),
      )
      return Object.fromEntries(kept.map(([member, value]) => [member.slice(prefix.length), value]))
    },
  }
}

function topMembers(members: Members | undefined, nested: readonly string[]): Members {
  if (members === undefined) return {}
  const inside = nested.map(name => `${name}.`)
  const kept = Object.entries(members).filter(
    ([name]) => !name.startsWith('$') && !inside.some(prefix => name.startsWith(prefix)),
  )
  const wire = members.$wire
  return { ...(isObject(wire) && wire), ...Object.fromEntries(kept.map(([name, value]) => [unescaped(name), value])) }
}
