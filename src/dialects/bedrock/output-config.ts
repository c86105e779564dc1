import type { Call, OutputFormat } from '../../call/call.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { isMembers, leftover, type Members, nestedMembers, noteOf, optionalMembers } from './members.ts'

const TEXT_FORMAT = new Set(['textFormat'])

/** `outputConfig`, whose schema is JSON text; `left` is what the hub has no word for. Throws Malformed. */
export function readOutputConfig(json: Json | undefined): { call: Pick<Call, 'format'>; left: Members } {
  const config = optionalMembers(json, 'outputConfig')
  const read = formatOf(config.textFormat)
  if (read === undefined) return { call: {}, left: leftover(config, new Set(), 'outputConfig.') }
  return { call: { format: read.format }, left: { ...leftover(config, TEXT_FORMAT, 'outputConfig.'), ...read.note } }
}

/** A format that says nothing but a schema. */
function formatOf(json: Json | undefined): { format: OutputFormat; note: Members } | undefined {
  const structure = isMembers(json) && json.type === 'json_schema' ? json.structure : undefined
  const definition = isMembers(structure) ? structure.jsonSchema : undefined
  if (!isMembers(definition) || typeof definition.schema !== 'string') return undefined
  const { name, description } = definition
  const schema = parse(definition.schema)
  if (schema === undefined) return undefined
  const format: OutputFormat = {
    type: 'json-schema',
    schema,
    ...(typeof name === 'string' && { name }),
    ...(typeof description === 'string' && { description }),
  }
  return { format, note: JSON.stringify(schema) === definition.schema ? {} : { $schema: definition.schema } }
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** `outputConfig`, where there is anything to say. */
export function writeOutputConfig(call: Call, losses: Loss[]): JsonObject {
  const own = nestedMembers(call.extra, 'outputConfig')
  const textFormat = writeFormat(call, losses)
  const config = { ...own, ...(textFormat !== undefined && { textFormat }) }
  return Object.keys(config).length === 0 ? {} : { outputConfig: config }
}

function writeFormat({ format, extra }: Call, losses: Loss[]): Members | undefined {
  if (format === undefined || format.type === 'text') return undefined
  if (format.type === 'json') {
    losses.push({ path: 'response_format', why: 'Bedrock promises JSON only for a schema' })
    return undefined
  }
  const { name, description, schema } = format
  const jsonSchema = {
    schema: noteOf(extra, '$schema') ?? JSON.stringify(schema),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
  }
  return { type: 'json_schema', structure: { jsonSchema } }
}
