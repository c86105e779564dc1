import { wire } from './said.ts'

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

const GAPS: readonly Gap[] = [
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
  for (const { schema, optional = [], members = [], free = [] } of GAPS.filter(gap => gap.file === file)) {
    const { required, properties } = wire(schemas[schema])
    const needed = Array.isArray(required) ? (required as string[]) : []
    for (const name of optional) if (!needed.includes(name)) throw new Error(`${schema}.${name} is optional by now`)
    for (const name of members) if (name in wire(properties)) throw new Error(`${schema}.${name} is known by now`)
    schemas[schema] = {
      ...wire(schemas[schema]),
      required: needed.filter(name => !optional.includes(name)),
      properties: { ...wire(properties), ...Object.fromEntries([...members, ...free].map(name => [name, {}])) },
    }
  }
}
