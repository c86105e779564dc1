import type { Extra } from './block.ts'
import type { Json } from './json.ts'

type Members = Readonly<Record<string, Json>>

/**
 * How a later piece joins an earlier one: `append` for pieces of one value (strings and lists are joined), `replace` for
 * newer reports of the same thing (lists are still joined, strings are not). Objects merge member by member in both.
 */
export type Join = 'append' | 'replace'

/** `earlier` with `later` joined in, dialect by dialect. Neither is changed; undefined when both are. */
export function mergeExtra(earlier: Extra | undefined, later: Extra | undefined, join: Join): Extra | undefined {
  if (earlier === undefined || later === undefined) return earlier ?? later
  const merged: Record<string, Members> = { ...earlier }
  for (const [dialect, members] of Object.entries(later)) {
    merged[dialect] = mergeMembers(merged[dialect] ?? {}, members, join)
  }
  return merged
}

/** As mergeExtra, for the members of one object. `$` notes on form are always replaced; null never replaces a value. */
export function mergeMembers(earlier: Members, later: Members, join: Join): Members {
  const merged: Record<string, Json> = { ...earlier }
  for (const [member, value] of Object.entries(later)) {
    const known = merged[member]
    merged[member] = member.startsWith('$') || known === undefined ? value : mergeValues(known, value, join)
  }
  return merged
}

function mergeValues(earlier: Json, later: Json, join: Join): Json {
  if (later === null) return earlier
  if (typeof earlier === 'string' && typeof later === 'string') return join === 'append' ? earlier + later : later
  if (Array.isArray(earlier) && Array.isArray(later)) return [...earlier, ...later]
  if (isMembers(earlier) && isMembers(later)) return mergeMembers(earlier, later, join)
  return later
}

function isMembers(value: Json): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
