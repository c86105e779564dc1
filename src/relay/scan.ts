import { InvalidRequest, MalformedJson } from '../errors.ts'
import { findMembers, type Member, watch } from './json-members.ts'

/** What the gateway reads of a request body that it forwards unchanged. */
export interface Scan {
  readonly model: string
  /** Undefined where the path of the request names the model. */
  readonly modelMember: Member | undefined
  readonly stream: boolean
  readonly streamOptions: Member | undefined
  /** Output tokens that the call allows; 0 where it does not say. */
  readonly maxTokens: number
  /** Set where the body is a form: its content type, and how many of its bytes are not files. */
  readonly form?: { readonly contentType: string; readonly words: number }
}

/** Objects that hold the output limit: Gemini's, in either spelling, and Bedrock's. */
const CONFIGS = watch('generationConfig', 'generation_config', 'inferenceConfig')
const CONFIG_LIMITS = watch('maxOutputTokens', 'max_output_tokens', 'maxTokens')

const WATCHED = watch('model', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'max_output_tokens')

/** Names of the output limit, the newest first. */
const LIMITS = ['max_completion_tokens', 'max_output_tokens', 'max_tokens'] as const

const BRACE = 0x7b

/** No model outputs as many tokens; a larger number is a mistake, and must not distort sums and limits. */
const MOST_OUTPUT = 1_000_000

/** Reads `model` and `stream` from the root of a JSON body. Throws MalformedJson or InvalidRequest. */
export function scanBody(body: Buffer): Scan {
  const members = findMembers(body, WATCHED)
  const model = members.get('model')
  if (model === undefined) throw InvalidRequest({ param: 'model' }, 'you must provide a model parameter')
  return {
    model: readModel(body, model),
    modelMember: model,
    stream: readStream(body, members.get('stream')),
    streamOptions: members.get('stream_options'),
    maxTokens: readCount(
      body,
      LIMITS.map(name => members.get(name)).find(member => member !== undefined),
    ),
  }
}

/** The same where the path has said which model, and whether to stream. Throws MalformedJson. */
export function scanBelowPath(body: Buffer, { model, stream }: Pick<Scan, 'model' | 'stream'>): Scan {
  const [config] = findMembers(body, CONFIGS).values()
  const inner =
    config !== undefined && body[config.start] === BRACE ? body.subarray(config.start, config.end) : undefined
  const [limit] = inner === undefined ? [] : findMembers(inner, CONFIG_LIMITS).values()
  const maxTokens = inner === undefined ? 0 : readCount(inner, limit)
  return { model, modelMember: undefined, stream, streamOptions: undefined, maxTokens }
}

function readModel(body: Buffer, member: Member): string {
  const value = isPlainString(body, member)
    ? body.toString('latin1', member.start + 1, member.end - 1)
    : parse(text(body, member))
  if (typeof value !== 'string') throw InvalidRequest({ param: 'model' }, 'model must be a string')
  if (value === '') throw InvalidRequest({ param: 'model' }, 'model must not be empty')
  return value
}

/** Printable ASCII without escapes, as nearly every model name: its bytes are its value. */
function isPlainString(body: Buffer, { start, end }: Member): boolean {
  if (body[start] !== 0x22) return false
  for (let at = start + 1; at < end - 1; at += 1) {
    const byte = body[at] as number
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return false
  }
  return true
}

function readStream(body: Buffer, member: Member | undefined): boolean {
  const value = member === undefined ? 'null' : text(body, member)
  if (value === 'true') return true
  if (value === 'false' || value === 'null') return false
  throw InvalidRequest({ param: 'stream' }, 'stream must be true or false')
}

/** 0 where it is no number: the vendor validates it. */
function readCount(body: Buffer, member: Member | undefined): number {
  const count = member === undefined ? 0 : Number(text(body, member))
  return count > 0 ? Math.min(count, MOST_OUTPUT) : 0
}

function text(body: Buffer, member: Member): string {
  return body.toString('utf8', member.start, member.end)
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    throw MalformedJson({}, 'model is a broken string')
  }
}
