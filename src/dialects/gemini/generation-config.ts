import { isDeepStrictEqual } from 'node:util'
import type { Call, OutputFormat } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import {
  isObject,
  leftover,
  listAt,
  type Members,
  nestedMembers,
  noteOf,
  objectAt,
  optionalBoolean,
  optionalNumber,
  stringAt,
} from './members.ts'
import { readSchema } from './schema-read.ts'
import { writeSchema } from './schema-write.ts'
import { readThinking, writeThinking } from './thinking.ts'

const AT = 'generationConfig'

/** Google takes five at most ("The set of character sequences (up to 5) that will stop output generation"). */
const MOST_STOPS = 5

const NUMBERS = [
  ['maxTokens', 'maxOutputTokens'],
  ['temperature', 'temperature'],
  ['topP', 'topP'],
  ['topK', 'topK'],
  ['seed', 'seed'],
  ['frequencyPenalty', 'frequencyPenalty'],
  ['presencePenalty', 'presencePenalty'],
  ['choices', 'candidateCount'],
] as const

const READ = new Set([
  ...NUMBERS.map(([, member]) => member),
  ...['stopSequences', 'responseLogprobs', 'logprobs', 'thinkingConfig'],
])

/** `generationConfig`: settings, and (`left`) what the hub has no word for. Throws Malformed. */
export function readGenerationConfig(json: Json | undefined): { call: Partial<Call>; left: Members } {
  if (json === undefined || json === null) return { call: {}, left: json === null ? { [AT]: null } : {} }
  const value = objectAt(json, AT)
  const thinking = readThinking(value.thinkingConfig)
  const format = readFormat(value)
  const numbers = NUMBERS.map(([word, member]) => [word, optionalNumber(value[member], `${AT}.${member}`)] as const)
  const stop = value.stopSequences
  const enabled = optionalBoolean(value.responseLogprobs, `${AT}.responseLogprobs`)
  const top = optionalNumber(value.logprobs, `${AT}.logprobs`)
  const logprobs = { ...(enabled !== undefined && { enabled }), ...(top !== undefined && { top }) }
  return {
    call: {
      ...Object.fromEntries(numbers.filter(([, number]) => number !== undefined)),
      ...(Array.isArray(stop) && { stop: readStop(stop) }),
      ...(Object.keys(logprobs).length > 0 && { logprobs }),
      ...(format !== undefined && { format: format.format }),
      ...(thinking.wish !== undefined && { reasoning: thinking.wish }),
    },
    left: {
      ...leftover(value, new Set([...READ, ...(format?.read ?? [])]), `${AT}.`),
      ...thinking.left,
      ...format?.note,
      ...(Object.keys(value).length === 0 && { $wire: { [AT]: value } }),
    },
  }
}

function readStop(stop: readonly Json[]): string[] {
  return listAt(stop, `${AT}.stopSequences`).map((sequence, index) =>
    stringAt(sequence, `${AT}.stopSequences.${index}`),
  )
}

interface ReadFormat {
  readonly format: OutputFormat
  readonly read: readonly string[]
  readonly note: Members
}

/** JSON, with Google's schema or with JSON Schema; other media types (`text/x.enum`) stay what they are. */
function readFormat(value: Members): ReadFormat | undefined {
  const { responseMimeType: type, responseSchema: own, responseJsonSchema: schema } = value
  if (type === 'text/plain') return { format: { type: 'text' }, read: ['responseMimeType'], note: {} }
  if (type !== 'application/json') return undefined
  const read = ['responseMimeType', 'responseSchema', 'responseJsonSchema']
  if (isObject(own)) return { format: { type: 'json-schema', schema: readSchema(own) }, read, note: { $format: own } }
  if (isObject(schema)) return { format: { type: 'json-schema', schema }, read, note: { $format: 'json' } }
  return { format: { type: 'json' }, read: ['responseMimeType'], note: {} }
}

/** `generationConfig`; undefined when there is nothing to say. `own`: the call was read from this dialect. */
export function writeGenerationConfig(call: Call, own: boolean, losses: Loss[]): Members | undefined {
  const written: Record<string, Json> = { ...nestedMembers(call.extra, AT, 'thinkingConfig') }
  for (const [word, member] of NUMBERS) {
    const value = call[word]
    if (value !== undefined) written[member] = value
  }
  if (call.stop !== undefined && (own || call.stop.length > 0)) {
    written.stopSequences = own ? call.stop : call.stop.slice(0, MOST_STOPS)
    if (!own && call.stop.length > MOST_STOPS) {
      losses.push({ path: 'stop', why: `only the first ${MOST_STOPS} stop sequences are sent` })
    }
  }
  if (call.logprobs?.enabled !== undefined) written.responseLogprobs = call.logprobs.enabled
  // Without `responseLogprobs` Google refuses it; the Responses API takes it, and it asks for nothing.
  if (call.logprobs?.top !== undefined && (own || call.logprobs.enabled === true)) written.logprobs = call.logprobs.top
  const thinking = writeThinking(call, own, losses)
  if (thinking !== undefined) written.thinkingConfig = thinking
  Object.assign(written, writeFormat(call, losses))
  return Object.keys(written).length === 0 ? undefined : written
}

function writeFormat({ format, extra }: Call, losses: Loss[]): Members {
  if (format === undefined) return {}
  if (format.type === 'text') return { responseMimeType: 'text/plain' }
  if (format.type === 'json') return { responseMimeType: 'application/json' }
  const json = { responseMimeType: 'application/json' }
  const original = noteOf(extra, '$format')
  if (original === 'json') return { ...json, responseJsonSchema: format.schema }
  if (isObject(original) && isDeepStrictEqual(readSchema(original), format.schema)) {
    return { ...json, responseSchema: original }
  }
  if (format.description !== undefined) {
    losses.push({ path: 'response_format.json_schema.description', why: 'Gemini takes a schema without a description' })
  }
  const schema = isObject(format.schema) ? format.schema : {}
  return { ...json, responseSchema: writeSchema(schema, 'response_format.json_schema.schema', losses) }
}
