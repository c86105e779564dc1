import type { Json } from '../../call/json.ts'
import { isObject, type Members } from './members.ts'

/** Google's order of properties has no counterpart; a client that wants it back finds it in the tool's note. */
const GOOGLES_OWN: ReadonlySet<string> = new Set(['propertyOrdering', 'nullable', 'type', 'example'])

/** Counts that Google's JSON writes as text, being 64 bits wide. */
const COUNTS: ReadonlySet<string> = new Set([
  ...['maxItems', 'minItems', 'maxLength', 'minLength', 'maxProperties', 'minProperties'],
])

/** Google's Schema (a part of OpenAPI 3.0) as JSON Schema: types in small letters, `nullable` as a type beside. */
export function readSchema(schema: Members): Members {
  const type = typeof schema.type === 'string' ? schema.type.toLowerCase() : undefined
  const nullable = schema.nullable === true
  const kept = Object.entries(schema).filter(([member]) => !GOOGLES_OWN.has(member))
  const read: Record<string, Json> = {
    ...(type !== undefined && type !== 'type_unspecified' && { type: nullable ? [type, 'null'] : type }),
    ...Object.fromEntries(kept.map(([member, value]) => [member, readMember(member, value)])),
  }
  if (nullable && read.type === undefined && Array.isArray(read.anyOf)) read.anyOf = [...read.anyOf, { type: 'null' }]
  if (nullable && Array.isArray(read.enum)) read.enum = [...read.enum, null]
  return read
}

function readMember(member: string, value: Json): Json {
  switch (member) {
    case 'items':
      return isObject(value) ? readSchema(value) : value
    case 'anyOf':
      return Array.isArray(value) ? value.map(option => (isObject(option) ? readSchema(option) : option)) : value
    case 'properties':
      return isObject(value) ? mapMembers(value, inner => (isObject(inner) ? readSchema(inner) : inner)) : value
    default:
      return COUNTS.has(member) && typeof value === 'string' ? Number(value) : value
  }
}

/** An object with every value put through `change`. */
export function mapMembers(members: Members, change: (value: Json, name: string) => Json): Members {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value, name)]))
}
