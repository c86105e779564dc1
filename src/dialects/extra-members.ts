import type { Extra } from '../call/block.ts'
import { unescaped } from '../call/extra.ts'
import { isObject, type Json } from '../call/json.ts'
import type { Members } from './object-reader.ts'

/** How a dialect keeps members that the hub does not have, and notes on their form (`$...`), under its own name in `extra`. */
interface ExtraMembers {
  /** `{ extra }` with these members, to be spread into a block, turn or result; empty when there are none. */
  extraOf(...parts: readonly Members[]): { extra?: Extra }
  /** Whether this dialect's readers made it, so that its form is to be restored. */
  isOwn(extra: Extra | undefined): boolean
  /** A note on form (`$...`) that a reader left. */
  noteOf(extra: Extra | undefined, name: string): Json | undefined
  /**
   * The members to write back into the object itself: no notes, and no members of the nested objects named in `nested`. Includes
   * those in the note `$wire`, which are form only (`index`, `object`) and never losses.
   */
  ownMembers(extra: Extra | undefined, ...nested: readonly string[]): Members
  /**
   * The members to write back into the nested object `name`, which readers keep as `name.member`, without those of the objects
   * inside it that are named in `nested`.
   */
  nestedMembers(extra: Extra | undefined, name: string, ...nested: readonly string[]): Members
}

/** The functions for the dialect of that name. */
export function extraMembers(dialect: string): ExtraMembers {
  return {
    extraOf(...parts) {
      const [only = {}] = parts
      // Not by assignment, which loses a client's own `__proto__`.
      const members = parts.length < 2 ? only : Object.fromEntries(parts.flatMap(part => Object.entries(part)))
      return Object.keys(members).length === 0 ? {} : { extra: { [dialect]: members } }
    },
    isOwn: extra => extra?.[dialect] !== undefined,
    noteOf: (extra, name) => extra?.[dialect]?.[name],
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
