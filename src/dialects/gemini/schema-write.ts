import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { isMembers, type Members } from './members.ts'
import { mapMembers } from './schema-read.ts'
import { type Refs, resolveRef } from './schema-refs.ts'
import { typesOf, writeValues } from './schema-values.ts'

/** Members of JSON Schema that Google's Schema has under the same name and with the same meaning. */
const KEPT = [
  ...['title', 'description', 'default', 'pattern', 'minimum', 'maximum'],
  ...['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'],
] as const

/** Formats that Google has always taken; others are told in words. */
const FORMATS: ReadonlySet<Json> = new Set(['enum', 'date-time', 'int32', 'int64', 'float', 'double'])

/** Members that are gone without changing what is allowed, or that are written in another form. */
const DONE: ReadonlySet<string> = new Set([
  ...KEPT,
  ...['$ref', '$defs', 'definitions', '$schema', '$id', '$comment', '$anchor', 'examples', 'readOnly', 'writeOnly'],
  ...['deprecated', 'type', 'nullable', 'enum', 'const', 'format', 'properties', 'required', 'items', 'prefixItems'],
  ...['anyOf', 'oneOf', 'allOf', 'exclusiveMinimum', 'exclusiveMaximum', 'strict'],
])

/** What every step of one schema needs. */
interface Work {
  readonly refs: Refs
  readonly at: string
  readonly losses: Loss[]
}

/**
 * JSON Schema as Google's Schema, a part of OpenAPI 3.0 (acceptance B24): references are put in their places, constants become
 * lists of one, whatever has no member of its own is told in the description. What cannot be said is a loss below `at`.
 */
export function writeSchema(schema: Members, at: string, losses: Loss[]): Members {
  return write(schema, { refs: { root: schema, following: [] }, at, losses })
}

function write(given: Json, work: Work): Members {
  // `true` and `{}` allow anything.
  if (!isMembers(given)) return { type: 'OBJECT' }
  const { schema, refs, open } = resolveRef(given, work.refs)
  if (open !== undefined) {
    work.losses.push({ path: work.at, why: `the reference ${open} goes round in a circle or leads nowhere: cut` })
    return { type: 'OBJECT', ...describe(schema.description, [`as ${open}`]) }
  }
  const inner = { ...work, refs }
  const merged = mergeAll(schema, inner)
  const hints: string[] = []
  const { types, nullable } = typesOf(merged)
  const [type] = types
  if (types.length > 1) return writeUnion(merged, types, nullable, inner)
  const written: Record<string, Json> = { ...(type !== undefined && { type: type.toUpperCase() }) }
  for (const member of KEPT) if (merged[member] !== undefined) written[member] = merged[member]
  Object.assign(written, writeValues(merged, type, hints), writeInside(merged, type, inner))
  writeFormat(merged.format, written, hints)
  if (nullable) written.nullable = true
  reportRest(merged, inner)
  return { ...written, ...describe(merged.description, hints) }
}

/** Several types at once: one alternative for each. */
function writeUnion(schema: Members, types: readonly string[], nullable: boolean, work: Work): Members {
  const { description, title, default: _, ...rest } = schema
  const anyOf = types.map(type => write({ ...rest, type }, work))
  return {
    anyOf,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(nullable && { nullable }),
  }
}

/** `allOf` as one schema: members of objects side by side, the rest one over the other. */
function mergeAll(schema: Members, work: Work): Members {
  const { allOf, ...own } = schema
  if (!Array.isArray(allOf)) return schema
  let merged: Members = {}
  for (const part of [...allOf, own]) {
    if (!isMembers(part)) continue
    const { schema: resolved, refs } = resolveRef(part, work.refs)
    const whole = mergeAll(resolved, { ...work, refs })
    const properties = { ...membersOf(merged.properties), ...membersOf(whole.properties) }
    const required = [...new Set([...listOf(merged.required), ...listOf(whole.required)])]
    merged = {
      ...merged,
      ...whole,
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
    }
  }
  return merged
}

function membersOf(value: Json | undefined): Members {
  return isMembers(value) ? value : {}
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

/** Properties, items and alternatives. */
function writeInside(schema: Members, type: string | undefined, work: Work): Members {
  const written: Record<string, Json> = {}
  const properties = membersOf(schema.properties)
  if (Object.keys(properties).length > 0) {
    written.properties = mapMembers(properties, (value, name) =>
      write(value, { ...work, at: `${work.at}.properties.${name}` }),
    )
  }
  // Google refuses a name that is no property.
  const required = listOf(schema.required).filter(name => typeof name === 'string' && Object.hasOwn(properties, name))
  if (required.length > 0) written.required = required
  if (type === 'array') written.items = writeItems(schema, work)
  const options = [...listOf(schema.anyOf), ...listOf(schema.oneOf)].filter(option => !isNull(option))
  if (options.length > 0) {
    written.anyOf = options.map((option, index) => write(option, { ...work, at: `${work.at}.anyOf.${index}` }))
  }
  return written
}

function isNull(option: Json): boolean {
  return isMembers(option) && option.type === 'null'
}

/** Google wants to know what a list holds; of a tuple it is told that any of the places may come. */
function writeItems({ items, prefixItems }: Members, work: Work): Members {
  const at = `${work.at}.items`
  if (!Array.isArray(prefixItems)) return write(items ?? {}, { ...work, at })
  work.losses.push({ path: `${work.at}.prefixItems`, why: 'Gemini knows no tuples: sent as a list of any of them' })
  return { anyOf: prefixItems.map(item => write(item, { ...work, at })) }
}

function writeFormat(format: Json | undefined, written: Record<string, Json>, hints: string[]): void {
  if (typeof format !== 'string') return
  if (FORMATS.has(format)) written.format = format
  else hints.push(`format: ${format}`)
}

/** `additionalProperties: false` is what Google assumes; a schema for names that are not known cannot be said. */
function reportRest(schema: Members, { at, losses }: Work): void {
  for (const [member, value] of Object.entries(schema)) {
    if (DONE.has(member) || (member === 'additionalProperties' && typeof value === 'boolean')) continue
    losses.push({ path: `${at}.${member}`, why: "Gemini's schemas have no such member" })
  }
}

function describe(description: Json | undefined, hints: readonly string[]): { description?: string } {
  const words = [...(typeof description === 'string' ? [description] : []), ...hints.map(hint => `(${hint})`)]
  return words.length === 0 ? {} : { description: words.join(' ') }
}
