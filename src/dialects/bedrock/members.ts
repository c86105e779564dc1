import type { Annotated } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { isMembers, leftover, type Members, membersAt } from '../checked-members.ts'
import { extraMembers } from '../extra-members.ts'

export const DIALECT = 'bedrock'

export {
  isMembers,
  leftover,
  listAt,
  Malformed,
  type Members,
  membersAt,
  optionalBoolean,
  optionalNumber,
  optionalString,
  stringAt,
} from '../checked-members.ts'

export const { extraOf: asExtra, ownMembers, nestedMembers, note: noteOf } = extraMembers(DIALECT)

/** The object at `path`, empty where it is null or absent; throws Malformed. */
export function optionalMembers(value: Json | undefined, path: string): Members {
  return value === undefined || value === null ? {} : membersAt(value, path)
}

/**
 * What a block may carry: its place, and the members that have no neutral word, those of the object inside it behind the
 * name of the block (`toolUse.type`).
 */
export function annotations(
  value: Members,
  at: string,
  kind: string,
  read: ReadonlySet<string>,
  more: Members = {},
): Annotated {
  const inner = value[kind]
  const inside = isMembers(inner) ? leftover(inner, read, `${kind}.`) : {}
  return { at, ...asExtra({ ...leftover(value, new Set([kind])), ...inside, ...more }) }
}
