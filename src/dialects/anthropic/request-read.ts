import type { Call, ReasoningWish } from '../../call/call.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { WireRequest } from '../dialect.ts'
import {
  DIALECT,
  extraOf,
  leftover,
  listAt,
  type Members,
  objectAt,
  optionalBoolean,
  optionalNumber,
  optionalString,
  readChecked,
  stringAt,
} from './members.ts'
import { readOutputConfig } from './output-config.ts'
import { readThinking } from './thinking.ts'
import { readToolChoice, readTools } from './tools.ts'
import { readMessages, readSystem } from './turns-read.ts'

const REQUEST = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'metadata',
  'output_config',
  'output_format',
  'service_tier',
  'stop_sequences',
  'stream',
  'temperature',
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
  'top_p',
])

const METADATA = new Set(['user_id'])

/** A Messages API request as a call. Throws InvalidRequest that names the member at fault. */
export function readRequest({ json, headers }: WireRequest): Call {
  return readChecked(() => readCall(json, headers?.['anthropic-beta']))
}

function readCall(json: JsonObject, betas: string | string[] | undefined): Call {
  const stream = optionalBoolean(json.stream, 'stream')
  const choice = readToolChoice(json.tool_choice)
  const thinking = readThinking(json.thinking)
  const output = readOutputConfig(json)
  const metadata = readMetadata(json.metadata)
  const reasoning: ReasoningWish = { ...thinking.wish, ...(output.effort !== undefined && { effort: output.effort }) }
  return {
    operation: 'chat',
    dialect: DIALECT,
    model: stringAt(json.model, 'model'),
    stream: stream ?? false,
    turns: [...readSystem(json.system), ...readMessages(json.messages)],
    ...readTools(json.tools),
    ...choice.call,
    ...readSampling(json),
    ...(output.format !== undefined && { format: output.format }),
    ...(Object.keys(reasoning).length > 0 && { reasoning }),
    ...(metadata.user !== undefined && { user: metadata.user }),
    ...extraOf({
      ...leftover(json, REQUEST),
      ...choice.left,
      ...thinking.left,
      ...output.left,
      ...metadata.left,
      ...(stream === false && { $wire: { stream } }),
      ...(betas !== undefined && { $betas: String(betas).split(/\s*,\s*/) }),
    }),
  }
}

type Sampling = Pick<Call, 'maxTokens' | 'temperature' | 'topP' | 'topK' | 'stop' | 'serviceTier'>

function readSampling(json: JsonObject): Sampling {
  const maxTokens = optionalNumber(json.max_tokens, 'max_tokens')
  const temperature = optionalNumber(json.temperature, 'temperature')
  const topP = optionalNumber(json.top_p, 'top_p')
  const topK = optionalNumber(json.top_k, 'top_k')
  const stop = readStop(json.stop_sequences)
  const serviceTier = optionalString(json.service_tier, 'service_tier')
  return {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(stop !== undefined && { stop }),
    ...(serviceTier !== undefined && { serviceTier }),
  }
}

function readStop(sequences: Json | undefined): string[] | undefined {
  if (sequences === undefined || sequences === null) return undefined
  return listAt(sequences, 'stop_sequences').map((sequence, index) => stringAt(sequence, `stop_sequences.${index}`))
}

function readMetadata(metadata: Json | undefined): { user?: string; left: Members } {
  if (metadata === undefined || metadata === null) return { left: {} }
  const value = objectAt(metadata, 'metadata')
  const user = optionalString(value.user_id, 'metadata.user_id')
  const left = Object.keys(value).length === 0 ? { metadata: value } : leftover(value, METADATA, 'metadata.')
  return { ...(user !== undefined && { user }), left }
}
