import type { Annotated } from '../../call/block.ts'
import { isObject, leftover, type Members } from '../checked-members.ts'
import { extraMembers } from '../extra-members.ts'

export const DIALECT = 'bedrock'

export * from '../checked-members.ts'

export const { extraOf, noteOf, ownMembers, nestedMembers } = extraMembers(DIALECT)

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
  const inside = isObject(inner) ? leftover(inner, read, `${kind}.`) : {}
  return { at, ...extraOf({ ...leftover(value, new Set([kind])), ...inside, ...more }) }
}
