import { type Wire, wire } from './said.ts'

/**
 * The schemas of a Google API discovery document (developers.google.com/discovery/v1/reference) as JSON Schema. Objects with
 * members take no others: Google's parser answers 400 `Unknown name` to them.
 */
export function schemasOfDiscovery(document: Wire): Wire {
  const schemas = Object.entries(wire(document.schemas)).map(([name, schema]) => [name, convert(wire(schema))])
  // The document refers to this one and does not have it.
  return { MediaResolution: {}, ...Object.fromEntries(schemas) }
}

function convert(schema: Wire): Wire {
  const { $ref, type, items, properties, additionalProperties, enum: words, format } = schema
  if ($ref !== undefined) return { $ref: `#/$defs/${$ref}` }
  if (type === 'any') return {}
  if (type === 'array') return { type, items: convert(wire(items)) }
  if (properties !== undefined) {
    const members = Object.entries(wire(properties)).map(([name, member]) => [name, convert(wire(member))])
    return { type: 'object', properties: Object.fromEntries(members), additionalProperties: false }
  }
  if (type === 'object') {
    return {
      type,
      ...(additionalProperties !== undefined && { additionalProperties: convert(wire(additionalProperties)) }),
    }
  }
  // JSON has the 64 bit formats as text, and protobuf's parser takes numbers for them, too.
  if (format === 'int64' || format === 'uint64') return { type: ['string', 'integer'] }
  return { type, ...(words !== undefined && { enum: words }) }
}
