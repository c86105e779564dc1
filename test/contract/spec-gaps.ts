import { type Wire, wire } from './said.ts'

/** Where a published spec says more, or less, than its vendor does. */
interface Gap {
  readonly file: string
  /** The schema's name in the document. */
  readonly schema: string
  /** Members that the spec requires and the vendor leaves out. */
  readonly optional?: readonly string[]
  /** Members that the vendor has and the spec does not know. */
  readonly members?: readonly string[]
  /** Members that may hold more than the spec says. */
  readonly free?: readonly string[]
}

const ANTHROPIC = 'anthropic-openapi.yml'

const OPENAI = 'openai-openapi.json'

const GAPS: readonly Gap[] = [
  // Recorded answers have null where nobody was named and nothing was counted yet.
  { file: OPENAI, schema: 'ModelResponseProperties', free: ['user'] },
  { file: OPENAI, schema: 'Response', free: ['usage'] },
  // A history that was never a response's has no ids; recorded requests are taken without them.
  { file: OPENAI, schema: 'OutputMessage', optional: ['id', 'status'] },
  { file: OPENAI, schema: 'OutputTextContent', optional: ['annotations', 'logprobs'] },
  // The smallest limit is the vendor's to say: the caller's own goes through.
  { file: OPENAI, schema: 'CreateResponse', free: ['max_output_tokens'] },
  // The spec requires what is null for want of the feature (containers, citations, accounts): recorded answers are without.
  { file: ANTHROPIC, schema: 'Message', optional: ['container', 'stop_details'] },
  { file: ANTHROPIC, schema: 'ResponseTextBlock', optional: ['citations'] },
  // The ids of calls travel verbatim: other vendors have other characters in them.
  { file: ANTHROPIC, schema: 'ResponseToolUseBlock', optional: ['caller'], free: ['id'] },
  { file: ANTHROPIC, schema: 'MessageDelta', optional: ['container', 'stop_details'] },
  { file: ANTHROPIC, schema: 'MessageDeltaUsage', optional: ['output_tokens_details', 'server_tool_use'] },
  {
    file: ANTHROPIC,
    schema: 'Usage',
    optional: ['cache_creation', 'inference_geo', 'output_tokens_details', 'server_tool_use', 'service_tier'],
  },
]

/** Changes the schemas of a document, by name, to what its vendor is known to do. Throws for a gap that the document has closed. */
export function closeGaps(file: string, schemas: Record<string, unknown>): void {
  for (const gap of GAPS.filter(({ file: of }) => of === file)) {
    const known = wire(schemas[gap.schema])
    checkOpen(gap, known)
    schemas[gap.schema] = changed(known, gap)
  }
}

function checkOpen({ schema, optional = [], members = [] }: Gap, { required, properties }: Wire): void {
  const needed: readonly unknown[] = Array.isArray(required) ? required : []
  for (const name of optional) if (!needed.includes(name)) throw new Error(`${schema}.${name} is optional by now`)
  for (const name of members) if (name in wire(properties)) throw new Error(`${schema}.${name} is known by now`)
}

/** Members may stand in the parts of which a schema is made. */
function changed(schema: Wire, gap: Gap): Wire {
  const { required, properties, allOf } = schema
  const { optional = [], members = [], free = [] } = gap
  const opened = [...members, ...free.filter(name => name in wire(properties))].map(name => [name, {}])
  return {
    ...schema,
    ...(Array.isArray(required) && { required: required.filter(name => !optional.includes(name)) }),
    ...(properties !== undefined && { properties: { ...wire(properties), ...Object.fromEntries(opened) } }),
    ...(Array.isArray(allOf) && { allOf: allOf.map(part => changed(wire(part), { ...gap, members: [] })) }),
  }
}
