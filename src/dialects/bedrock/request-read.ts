import type { Call } from '../../call/call.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { WireRequest } from '../dialect.ts'
import {
  DIALECT,
  extraOf,
  isObject,
  leftover,
  listAt,
  type Members,
  optionalNumber,
  optionalObject,
  readChecked,
  stringAt,
} from './members.ts'
import { readFields } from './model-fields.ts'
import { readOutputConfig } from './output-config.ts'
import { readTools } from './tools.ts'
import { readMessages, readSystem } from './turns-read.ts'

const REQUEST = new Set([
  'messages',
  'system',
  'inferenceConfig',
  'toolConfig',
  'additionalModelRequestFields',
  'outputConfig',
  'serviceTier',
])

const INFERENCE = new Set(['maxTokens', 'temperature', 'topP', 'stopSequences'])

/** Members that clients send empty, as some SDKs always do: form, and written again. */
const OFTEN_EMPTY = ['system', 'inferenceConfig', 'additionalModelRequestFields', 'outputConfig'] as const

type Place = NonNullable<WireRequest['path']>

/** Of a body whose path nobody has told. */
const NOWHERE: Place = { model: '', stream: false }

/** A Converse request as a call. Throws InvalidRequest that names the member at fault. */
export function readRequest({ json, path = NOWHERE }: WireRequest): Call {
  return readChecked(() => readCall(json, path))
}

function readCall(json: JsonObject, { model, stream }: Place): Call {
  const inference = readInference(json.inferenceConfig)
  const tools = readTools(json.toolConfig)
  const fields = readFields(json.additionalModelRequestFields)
  const output = readOutputConfig(json.outputConfig)
  const tier = readTier(json.serviceTier)
  return {
    operation: 'chat',
    dialect: DIALECT,
    model,
    stream,
    turns: [...readSystem(json.system), ...readMessages(json.messages)],
    ...tools.call,
    ...inference.call,
    ...fields.call,
    ...output.call,
    ...tier.call,
    ...extraOf({
      ...leftover(json, REQUEST),
      ...inference.left,
      ...tools.left,
      ...fields.left,
      ...output.left,
      ...tier.left,
      ...emptyOnes(json),
    }),
  }
}

type Inference = Pick<Call, 'maxTokens' | 'temperature' | 'topP' | 'stop'>

function readInference(json: Json | undefined): { call: Inference; left: Members } {
  const config = optionalObject(json, 'inferenceConfig') ?? {}
  const maxTokens = optionalNumber(config.maxTokens, 'inferenceConfig.maxTokens')
  const temperature = optionalNumber(config.temperature, 'inferenceConfig.temperature')
  const topP = optionalNumber(config.topP, 'inferenceConfig.topP')
  const stop = readStop(config.stopSequences)
  const call = {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stop !== undefined && { stop }),
  }
  return { call, left: leftover(config, INFERENCE, 'inferenceConfig.') }
}

function readStop(sequences: Json | undefined): string[] | undefined {
  if (sequences === undefined || sequences === null) return undefined
  const at = 'inferenceConfig.stopSequences'
  return listAt(sequences, at).map((sequence, index) => stringAt(sequence, `${at}.${index}`))
}

function readTier(json: Json | undefined): { call: Pick<Call, 'serviceTier'>; left: Members } {
  if (json === undefined || json === null) return { call: {}, left: {} }
  const plain = isObject(json) && Object.keys(json).length === 1 && typeof json.type === 'string'
  return plain ? { call: { serviceTier: json.type as string }, left: {} } : { call: {}, left: { serviceTier: json } }
}

function emptyOnes(json: JsonObject): Members {
  const empty = OFTEN_EMPTY.filter(member => isEmpty(json[member]))
  if (empty.length === 0) return {}
  return { $wire: Object.fromEntries(empty.map(member => [member, json[member] as Json])) }
}

function isEmpty(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
