import type { Call, OutputFormat } from '../../call/call.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { DIALECT, isObject, leftover, type Members, nestedMembers, noteOf, objectAt } from './members.ts'

/** `output_config` (effort and format) and the older `output_format`; `left` is what the hub has no word for. Throws Malformed. */
export function readOutputConfig(json: JsonObject): { effort?: string; format?: OutputFormat; left: Members } {
  const older = formatOf(json.output_format)
  const left = { ...older.left, ...(older.format !== undefined && { $format: 'output_format' }) }
  if (json.output_config === undefined || json.output_config === null) return { ...older, left }
  const config = objectAt(json.output_config, 'output_config')
  const newer = formatOf(config.format)
  const understood = new Set<string>()
  if (newer.format !== undefined && older.format === undefined) understood.add('format')
  if (typeof config.effort === 'string') understood.add('effort')
  const rest = leftover(config, understood, 'output_config.')
  return {
    ...(typeof config.effort === 'string' && { effort: config.effort }),
    ...(newer.format !== undefined && { format: newer.format }),
    ...(older.format !== undefined && { format: older.format }),
    left: { ...left, ...rest, ...(Object.keys(config).length === 0 && { output_config: config }) },
  }
}

/** A format with nothing but a schema; anything else is for `left`. */
function formatOf(value: Json | undefined): { format?: OutputFormat; left: Members } {
  if (value === undefined) return { left: {} }
  const plain = isObject(value) && value.type === 'json_schema' && Object.keys(value).length === 2
  if (plain && isObject(value.schema)) return { format: { type: 'json-schema', schema: value.schema }, left: {} }
  return { left: { output_format: value } }
}

/** `output_config` and `output_format`, whichever are needed. `planned` is the effort in the place of a thinking budget. */
export function writeOutputConfig(call: Call, planned: string | undefined, losses: Loss[]): JsonObject {
  const format = writeFormat(call.format, losses)
  const effort = (call.dialect === DIALECT ? call.reasoning?.effort : undefined) ?? planned
  const older = noteOf(call.extra, '$format') === 'output_format'
  const config = {
    ...nestedMembers(call.extra, 'output_config'),
    ...(effort !== undefined && { effort }),
    ...(format !== undefined && !older && { format }),
  }
  return {
    ...(Object.keys(config).length > 0 && { output_config: config }),
    ...(format !== undefined && older && { output_format: format }),
  }
}

/** A schema's name is a label, and strictness cannot be switched off: only a description would have told the model more. */
function writeFormat(format: OutputFormat | undefined, losses: Loss[]): Members | undefined {
  if (format === undefined || format.type === 'text') return undefined
  if (format.type === 'json') {
    losses.push({ path: 'response_format', why: 'Anthropic promises JSON only for a schema' })
    return undefined
  }
  if (format.description !== undefined) {
    losses.push({
      path: 'response_format.json_schema.description',
      why: 'Anthropic takes a schema without a description',
    })
  }
  return { type: 'json_schema', schema: format.schema }
}
