import type { Call, OutputFormat } from '../../call/call.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { parseJson } from '../parse-json.ts'
import { isObject, leftover, type Members, nestedMembers, noteOf, optionalObject } from './members.ts'

const FORMAT = 'outputConfig.textFormat'
const STRUCTURE = `${FORMAT}.structure`
const DEFINITION = `${STRUCTURE}.jsonSchema`

/** `outputConfig`, whose schema is JSON text; `left` is what the hub has no word for. Throws Malformed. */
export function readOutputConfig(json: Json | undefined): { call: Pick<Call, 'format'>; left: Members } {
  const config = optionalObject(json, 'outputConfig') ?? {}
  const read = formatOf(config.textFormat)
  if (read === undefined) return { call: {}, left: leftover(config, new Set(), 'outputConfig.') }
  return {
    call: { format: read.format },
    left: { ...leftover(config, new Set(['textFormat']), 'outputConfig.'), ...read.left },
  }
}

function formatOf(json: Json | undefined): { format: OutputFormat; left: Members } | undefined {
  if (!isObject(json) || json.type !== 'json_schema' || !isObject(json.structure)) return undefined
  const { structure } = json
  const { jsonSchema: definition } = structure
  if (!isObject(definition) || typeof definition.schema !== 'string') return undefined
  const { name, description } = definition
  const schema = parseJson(definition.schema)
  if (schema === undefined) return undefined
  const format: OutputFormat = {
    type: 'json-schema',
    schema,
    ...(typeof name === 'string' && { name }),
    ...(typeof description === 'string' && { description }),
  }
  const left = {
    ...leftover(json, new Set(['type', 'structure']), `${FORMAT}.`),
    ...leftover(structure, new Set(['jsonSchema']), `${STRUCTURE}.`),
    ...leftover(definition, new Set(Object.keys(format).filter(word => word !== 'type')), `${DEFINITION}.`),
    ...(JSON.stringify(schema) !== definition.schema && { $schema: definition.schema }),
  }
  return { format, left }
}

/** `outputConfig`, where there is anything to say. */
export function writeOutputConfig(call: Call, losses: Loss[]): JsonObject {
  const own = nestedMembers(call.extra, 'outputConfig', 'textFormat')
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
    ...nestedMembers(extra, DEFINITION),
    schema: noteOf(extra, '$schema') ?? JSON.stringify(schema),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
  }
  const structure = { ...nestedMembers(extra, STRUCTURE, 'jsonSchema'), jsonSchema }
  return { ...nestedMembers(extra, FORMAT, 'structure'), type: 'json_schema', structure }
}
