import { type Wire, wire } from './said.ts'

const NUMBERS: Readonly<Record<string, string>> = {
  integer: 'integer',
  long: 'integer',
  float: 'number',
  double: 'number',
}

/**
 * The shapes of an AWS service model as JSON Schema of its JSON protocol (smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html):
 * members that stand in the path or in headers are left out, bytes are base64. Structures take no other members.
 */
export function schemasOfService(model: Wire): Wire {
  return Object.fromEntries(Object.entries(wire(model.shapes)).map(([name, shape]) => [name, convert(wire(shape))]))
}

function convert(shape: Wire): Wire {
  const { type, member, value, enum: words, pattern, min, max, document, timestampFormat } = shape
  if (document === true) return {}
  switch (type) {
    case 'structure':
      return structure(shape)
    case 'list':
      return { type: 'array', items: reference(member), ...sized('Items', min, max) }
    case 'map':
      return { type: 'object', additionalProperties: reference(value) }
    case 'blob':
      return { type: 'string' }
    case 'string':
      return {
        type,
        ...(words !== undefined && { enum: words }),
        ...(typeof pattern === 'string' && { pattern: `^(?:${pattern})$` }),
        ...sized('Length', min, max),
      }
    case 'timestamp':
      return { type: timestampFormat === undefined ? 'number' : 'string' }
    case 'boolean':
      return { type }
    default:
      return {
        type: NUMBERS[String(type)],
        ...(min !== undefined && { minimum: min }),
        ...(max !== undefined && { maximum: max }),
      }
  }
}

function structure({ members, required, union }: Wire): Wire {
  const inBody = Object.entries(wire(members)).filter(([, member]) => wire(member).location === undefined)
  const names = new Set(inBody.map(([name]) => name))
  const needed = Array.isArray(required) ? required.filter(name => names.has(name)) : []
  return {
    type: 'object',
    properties: Object.fromEntries(inBody.map(([name, member]) => [name, reference(member)])),
    required: needed,
    additionalProperties: false,
    ...(union === true && { minProperties: 1, maxProperties: 1 }),
  }
}

function sized(what: 'Items' | 'Length', min: unknown, max: unknown): Wire {
  return { ...(min !== undefined && { [`min${what}`]: min }), ...(max !== undefined && { [`max${what}`]: max }) }
}

function reference(member: unknown): Wire {
  return { $ref: `#/$defs/${wire(member).shape}` }
}
