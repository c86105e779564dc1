import { type Wire, wire } from './said.ts'

/**
 * The schemas of an OpenAPI 3.1 document as JSON Schema, references as they stand in the document. `nullable`, of OpenAPI 3.0, is
 * still met; ajv takes `discriminator` beside `oneOf` alone.
 */
export function schemasOfOpenApi(document: Wire): Wire {
  const schemas = Object.entries(wire(wire(document.components).schemas))
  return Object.fromEntries(schemas.map(([name, schema]) => [name, convert(schema)]))
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inner => convert(inner))
  if (typeof value !== 'object' || value === null) return value
  const { nullable, discriminator, oneOf, ...rest } = value as Record<string, unknown>
  const members = Object.entries(rest).map(([name, inner]) => [name, convert(inner)])
  const { propertyName } = wire(discriminator)
  const told = isTold(wire(discriminator), oneOf)
    ? { discriminator: { propertyName }, oneOf: convert(oneOf) }
    : anyOf(oneOf)
  const schema = { ...Object.fromEntries(members), ...told }
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema
}

/** Branches that nothing tells apart overlap in OpenAI's document: that a message fits one of them has to do. */
function anyOf(oneOf: unknown): Wire {
  return oneOf === undefined ? {} : { anyOf: convert(oneOf) }
}

/** ajv wants to find the constant in each branch; where the document maps none, it may stand deeper. */
function isTold({ propertyName, mapping }: Wire, oneOf: unknown): boolean {
  return typeof propertyName === 'string' && mapping !== undefined && Array.isArray(oneOf)
}
