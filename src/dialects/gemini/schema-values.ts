import type { Json } from '../../call/json.ts'
import { isObject, type Members } from './members.ts'

/** The types that a schema allows, null aside: as it says, else as its members or its values imply; none where it allows any. */
export function typesOf(schema: Members): { types: readonly string[]; nullable: boolean } {
  const said = Array.isArray(schema.type) ? schema.type : schema.type === undefined ? [] : [schema.type]
  const types = said.filter(type => typeof type === 'string' && type !== 'null') as string[]
  const nullable = schema.nullable === true || (said.includes('null') && types.length > 0) || offersNull(schema)
  if (said.length > 0) return { types: types.length > 0 ? types : ['null'], nullable }
  const implied = impliedType(schema)
  return { types: implied === undefined ? [] : [implied], nullable }
}

function offersNull({ enum: values, anyOf, oneOf }: Members): boolean {
  if (Array.isArray(values) && values.includes(null)) return true
  return [anyOf, oneOf].some(
    options => Array.isArray(options) && options.some(option => isObject(option) && option.type === 'null'),
  )
}

function impliedType(schema: Members): string | undefined {
  if (isObject(schema.properties)) return 'object'
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array'
  const values = valuesOf(schema)
  if (values === undefined) return schema.anyOf === undefined && schema.oneOf === undefined ? 'object' : undefined
  const kinds = new Set(values.filter(value => value !== null).map(value => typeof value))
  const [kind] = kinds
  return kinds.size === 1 && (kind === 'string' || kind === 'number' || kind === 'boolean') ? kind : undefined
}

function valuesOf(schema: Members): readonly Json[] | undefined {
  if (schema.const !== undefined) return [schema.const]
  return Array.isArray(schema.enum) ? schema.enum : undefined
}

/**
 * `enum`, `const` and limits that Google has not. Its `enum` is of texts; one number is a range of one; other values are
 * told in words (`hints`).
 */
export function writeValues(schema: Members, type: string | undefined, hints: string[]): Members {
  const values = valuesOf(schema)?.filter(value => value !== null)
  const limits = writeLimits(schema, type, hints)
  if (values === undefined || values.length === 0) return limits
  if (type === 'string' || values.every(value => typeof value === 'string')) {
    return { ...limits, enum: values.map(String), format: 'enum' }
  }
  const [only] = values
  if (values.length === 1 && typeof only === 'number') return { minimum: only, maximum: only }
  hints.push(`one of ${values.map(value => JSON.stringify(value)).join(', ')}`)
  return limits
}

/** Limits that are not allowed themselves: of whole numbers the next ones are. */
function writeLimits(
  { exclusiveMinimum: above, exclusiveMaximum: below }: Members,
  type: string | undefined,
  hints: string[],
): Members {
  const limits: Record<string, Json> = {}
  if (typeof above === 'number') {
    if (type === 'integer') limits.minimum = Math.floor(above) + 1
    else hints.push(`greater than ${above}`)
  }
  if (typeof below === 'number') {
    if (type === 'integer') limits.maximum = Math.ceil(below) - 1
    else hints.push(`less than ${below}`)
  }
  return limits
}
