import type { Json } from '../../call/json.ts'
import { isObject, type Members } from './members.ts'

/** What `$ref`s lead to, and which of them are being followed: a schema that holds itself would be unrolled for ever. */
export interface Refs {
  readonly root: Members
  readonly following: readonly string[]
  /** How many schemas have been put together from it; changes. */
  readonly count: { schemas: number }
}

/** Schemas that use each other many times grow without end when their references are put in place. */
const MOST_SCHEMAS = 5_000

/** A schema without `$ref` and `allOf` at its root, and the references that were followed to it. */
interface Flat {
  readonly schema: Members
  readonly refs: Refs
  /** Why it goes no further here. */
  readonly cut?: string
}

/** One schema out of what it refers to, all that it has to be as well (`allOf`), and what it says itself. */
export function flatten(given: Members, refs: Refs): Flat {
  refs.count.schemas += 1
  if (refs.count.schemas > MOST_SCHEMAS) {
    return { schema: given, refs, cut: 'too large with its references in place: cut' }
  }
  const { schema, refs: followed, cut } = resolveRef(given, refs)
  const { allOf, ...own } = schema
  if (cut !== undefined) return { schema, refs, cut }
  if (!Array.isArray(allOf)) return { schema, refs: followed }
  let merged: Members = {}
  const following = new Set(followed.following)
  for (const part of [...allOf, own]) {
    if (!isObject(part)) continue
    const flat = flatten(part, followed)
    if (flat.cut !== undefined) return flat
    for (const reference of flat.refs.following) following.add(reference)
    merged = combine(merged, flat.schema)
  }
  return { schema: merged, refs: { ...followed, following: [...following] } }
}

/** Follows `$ref`; what stands beside it goes on counting. */
function resolveRef(schema: Members, refs: Refs): Flat {
  const { $ref: reference, ...beside } = schema
  if (typeof reference !== 'string') return { schema, refs }
  const target = refs.following.includes(reference) ? undefined : targetOf(reference, refs.root)
  if (target === undefined) {
    return { schema: beside, refs, cut: `the reference ${reference} goes round in a circle or leads nowhere: cut` }
  }
  return resolveRef({ ...target, ...beside }, { ...refs, following: [...refs.following, reference] })
}

/** A JSON pointer into the same document (`#/$defs/node`); other documents are out of reach. */
function targetOf(reference: string, root: Members): Members | undefined {
  if (reference !== '#' && !reference.startsWith('#/')) return undefined
  let value: Json | undefined = root
  for (const part of reference.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.hasOwn(value, name) ? (value as Readonly<Record<string, Json>>)[name] : undefined
  }
  return isObject(value) ? value : undefined
}

/** Properties and names of two schemas side by side, the rest one over the other. */
function combine(earlier: Members, later: Members): Members {
  const properties = { ...membersOf(earlier.properties), ...membersOf(later.properties) }
  const required = [...new Set([...listOf(earlier.required), ...listOf(later.required)])]
  return {
    ...earlier,
    ...later,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  }
}

/** The object, or an empty one. */
export function membersOf(value: Json | undefined): Members {
  return isObject(value) ? value : {}
}

/** The list, or an empty one. */
export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
