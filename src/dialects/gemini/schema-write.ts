import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { isObject, type Members } from './members.ts'
import { mapMembers } from './schema-read.ts'
import { flatten, listOf, membersOf, type Refs } from './schema-refs.ts'
import { typesOf, writeValues } from './schema-values.ts'

/** Members of JSON Schema that Google's Schema has under the same name and with the same meaning. */
const KEPT = [
  ...['title', 'default', 'pattern', 'minimum', 'maximum'],
  ...['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'],
] as const

/** Formats that Google has always taken; others are told in words. */
const FORMATS: ReadonlySet<Json> = new Set(['enum', 'date-time', 'int32', 'int64', 'float', 'double'])

/** Members that are gone without changing what is allowed, or that are written in another form. */
const DONE: ReadonlySet<string> = new Set([
  ...KEPT,
  ...['$defs', 'definitions', '$schema', '$id', '$comment', '$anchor', 'examples', 'readOnly', 'writeOnly'],
  ...['deprecated', 'description', 'type', 'nullable', 'enum', 'const', 'format', 'properties', 'required'],
  ...['items', 'prefixItems', 'exclusiveMinimum', 'exclusiveMaximum', 'strict'],
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
  return write(schema, { refs: { root: schema, following: [], count: { schemas: 0 } }, at, losses })
}

function write(given: Json, work: Work): Members {
  // `true` and `{}` allow anything, which Google cannot say.
  if (!isObject(given)) return { type: 'OBJECT' }
  const { schema, refs, cut: why } = flatten(given, work.refs)
  if (why !== undefined) return cut(schema, why, work)
  const inner = { ...work, refs }
  const { types, nullable } = typesOf(schema)
  const alternatives = alternativesOf(schema, types)
  if (alternatives !== undefined) return writeAlternatives(alternatives, nullable, inner)
  return { ...writeOne(schema, types[0], inner), ...(nullable && { nullable }) }
}

function cut({ description }: Members, why: string, { at, losses }: Work): Members {
  losses.push({ path: at, why })
  return { type: 'OBJECT', ...(typeof description === 'string' && { description }) }
}

/** The schemas of which one has to fit, each with what holds for all of them; undefined where there is no choice. */
function alternativesOf(schema: Members, types: readonly string[]): readonly Members[] | undefined {
  const { anyOf, oneOf, ...rest } = schema
  const options = [...listOf(anyOf), ...listOf(oneOf)].filter(option => !isObject(option) || option.type !== 'null')
  if (options.length > 0) return options.map(option => ({ allOf: [rest, option] }))
  return types.length > 1 ? types.map(type => ({ ...rest, type })) : undefined
}

/** Google takes no other member beside `anyOf`: what is true of all alternatives stands in each. */
function writeAlternatives(alternatives: readonly Members[], nullable: boolean, work: Work): Members {
  const written = alternatives.map((alternative, index) => ({
    ...write(alternative, alternatives.length === 1 ? work : { ...work, at: `${work.at}.anyOf.${index}` }),
    ...(nullable && { nullable }),
  }))
  const [only] = written
  return only !== undefined && written.length === 1 ? only : { anyOf: written }
}

function writeOne(schema: Members, type: string | undefined, work: Work): Members {
  const hints: string[] = []
  const written: Record<string, Json> = { ...(type !== undefined && { type: type.toUpperCase() }) }
  for (const member of KEPT) if (schema[member] !== undefined) written[member] = schema[member]
  Object.assign(written, writeFormat(schema.format, hints), writeValues(schema, type, hints))
  Object.assign(written, writeInside(schema, type, work), describe(schema.description, hints))
  reportRest(schema, work)
  return written
}

/** Properties and items. */
function writeInside(schema: Members, type: string | undefined, work: Work): Members {
  const properties = membersOf(schema.properties)
  // Google refuses a name that is no property.
  const required = listOf(schema.required).filter(name => typeof name === 'string' && Object.hasOwn(properties, name))
  const below = (value: Json, name: string) => write(value, { ...work, at: `${work.at}.properties.${name}` })
  return {
    ...(Object.keys(properties).length > 0 && { properties: mapMembers(properties, below) }),
    ...(required.length > 0 && { required }),
    ...(type === 'array' && { items: writeItems(schema, work) }),
  }
}

/** Google wants to know what a list holds; of a tuple it is told that any of the places may come. */
function writeItems({ items, prefixItems }: Members, work: Work): Members {
  const inner = { ...work, at: `${work.at}.items` }
  if (!Array.isArray(prefixItems)) return write(items ?? {}, inner)
  work.losses.push({ path: `${work.at}.prefixItems`, why: 'Gemini knows no tuples: sent as a list of any of them' })
  return { anyOf: prefixItems.map(item => write(item, inner)) }
}

function writeFormat(format: Json | undefined, hints: string[]): Members {
  if (typeof format !== 'string') return {}
  if (FORMATS.has(format)) return { format }
  hints.push(`format: ${format}`)
  return {}
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
