import type { Annotated, CacheMark } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { isObject, leftover, type Members } from '../checked-members.ts'
import { extraMembers } from '../extra-members.ts'

export const DIALECT = 'anthropic'

export * from '../checked-members.ts'

export const { extraOf, noteOf, ownMembers, nestedMembers } = extraMembers(DIALECT)

/** What every block and tool may carry: its place, its cache mark, and the members that have no neutral word. */
export function annotations(value: Members, at: string, read: ReadonlySet<string>, more: Members = {}): Annotated {
  const rest = leftover(value, read)
  const cache = cacheMark(value.cache_control)
  if (cache !== undefined) delete rest.cache_control
  return { at, ...(cache !== undefined && { cache }), ...extraOf({ ...rest, ...more }) }
}

/** A `cache_control` that says nothing but `{type: 'ephemeral', ttl?}`; any other form stays among the extra members. */
function cacheMark(value: Json | undefined): CacheMark | undefined {
  if (!isObject(value) || value.type !== 'ephemeral') return undefined
  const { type: _, ttl, ...rest } = value
  if (Object.keys(rest).length > 0) return undefined
  if (ttl === undefined) return {}
  return typeof ttl === 'string' ? { ttl } : undefined
}

/** The `cache_control` member of an annotated thing, if it is marked. */
export function cacheControl({ cache }: Annotated): { cache_control?: Json } {
  return cache === undefined ? {} : { cache_control: { type: 'ephemeral', ...cache } }
}
