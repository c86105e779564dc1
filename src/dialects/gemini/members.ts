import type { Annotated } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { leftover, type Members, objectAt } from '../checked-members.ts'
import { extraMembers } from '../extra-members.ts'

export const DIALECT = 'gemini'

export * from '../checked-members.ts'

export const { extraOf, noteOf, ownMembers, nestedMembers } = extraMembers(DIALECT)

/** The list at `path`. Google also takes a single message where a list belongs; null and absent are empty. Throws Malformed. */
export function listAt(value: Json | undefined, path: string): readonly Json[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  return [objectAt(value, path)]
}

/** What every block may carry: its place, and the members that have no neutral word. */
export function annotations(value: Members, at: string, read: ReadonlySet<string>, more: Members = {}): Annotated {
  return { at, ...extraOf({ ...leftover(value, read), ...more }) }
}
