import { InvalidRequest, MalformedJson } from '../errors.ts'
import { findMembers, type Member, watch } from './json-members.ts'

/** What the gateway needs to know of a request body that it will forward as it came. */
export interface Scan {
  readonly model: string
  /** Undefined where the path of the request names the model. */
  readonly modelMember: Member | undefined
  readonly stream: boolean
  readonly streamOptions: Member | undefined
  /** Output tokens that the call allows; 0 where it does not say. */
  readonly maxTokens: number
  /** Set where the body is a form: what it is sent as, and how many bytes of it are words and not files. */
  readonly form?: { readonly contentType: string; readonly words: number }
}

/** Gemini's, in either spelling, and Bedrock's: what their bodies say of the output stands inside. */
const CONFIGS = watch('generationConfig', 'generation_config', 'inferenceConfig')
const CONFIG_LIMITS = watch('maxOutputTokens', 'max_output_tokens', 'maxTokens')

const WATCHED = watch('model', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'max_output_tokens')

/** The names that dialects have for it, the newest first. */
const LIMITS = ['max_completion_tokens', 'max_output_tokens', 'max_tokens'] as const

const BRACE = 0x7b

/** No model puts out as many tokens; a number beyond it is a mistake, and must not upset the sums of those who count. */
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

/** A string of printable ASCII without escapes says what its bytes say, as nearly every name of a model does. */
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

/** Whether it is one that the vendor accepts is for the vendor to say. */
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
