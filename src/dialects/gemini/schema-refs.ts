import type { Json } from '../../call/json.ts'
import { isMembers, type Members } from './members.ts'

/** What `$ref`s lead to, and which of them are being followed: a schema that holds itself would be unrolled for ever. */
export interface Refs {
  readonly root: Members
  readonly following: readonly string[]
}

/** A schema without a `$ref` at its root, and the references that were followed to it. */
export interface Resolved {
  readonly schema: Members
  readonly refs: Refs
  /** The reference that could not be followed: it leads nowhere, or round in a circle. */
  readonly open?: string
}

/** Follows the `$ref` of a schema, where it has one; what stands beside it goes on counting. */
export function resolveRef(schema: Members, refs: Refs): Resolved {
  const { $ref: reference, ...beside } = schema
  if (typeof reference !== 'string') return { schema, refs }
  const target = refs.following.includes(reference) ? undefined : targetOf(reference, refs.root)
  if (target === undefined) return { schema: beside, refs, open: reference }
  const followed = { ...refs, following: [...refs.following, reference] }
  return resolveRef({ ...target, ...beside }, followed)
}

/** A JSON pointer into the same document (`#/$defs/node`); other documents are out of reach. */
function targetOf(reference: string, root: Members): Members | undefined {
  if (reference !== '#' && !reference.startsWith('#/')) return undefined
  let value: Json | undefined = root
  for (const part of reference.split('/').slice(1)) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.hasOwn(value, name) ? (value as Readonly<Record<string, Json>>)[name] : undefined
  }
  return isMembers(value) ? value : undefined
}
