import type { Annotated } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { leftover, type Members, membersAt } from '../checked-members.ts'
import { extraMembers } from '../extra-members.ts'

export const DIALECT = 'gemini'

export {
  isMembers,
  leftover,
  Malformed,
  type Members,
  membersAt,
  optionalBoolean,
  optionalNumber,
  optionalString,
  stringAt,
} from '../checked-members.ts'

export const { extraOf: asExtra, ownMembers, nestedMembers, note: noteOf } = extraMembers(DIALECT)

/** The object at `path`; null and absent are undefined; throws Malformed. */
export function optionalMembers(value: Json | undefined, path: string): Members | undefined {
  return value === undefined || value === null ? undefined : membersAt(value, path)
}

/** The list at `path`. Google also takes a single message where a list belongs; null and absent are empty. Throws Malformed. */
export function listAt(value: Json | undefined, path: string): readonly Json[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  return [membersAt(value, path)]
}

/** What every block may carry: its place, and the members that have no neutral word. */
export function annotations(value: Members, at: string, read: ReadonlySet<string>, more: Members = {}): Annotated {
  return { at, ...asExtra({ ...leftover(value, read), ...more }) }
}
