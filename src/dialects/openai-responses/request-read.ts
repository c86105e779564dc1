import type { Block } from '../../call/block.ts'
import type { Call, OutputFormat, ReasoningWish, Turn } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'
import type { WireRequest } from '../dialect.ts'
import { isReference, readItems } from './item-read.ts'
import { DIALECT, defined, extraOf, type Members, ObjectReader } from './members.ts'
import { readToolChoice, readTools } from './tools-read.ts'

/** Asks for encrypted reasoning, which the writers of answers give unasked. */
const ENCRYPTED_REASONING = 'reasoning.encrypted_content'

/** Members that, with this value, ask for nothing: no loss to a vendor that does not know them. */
const IDLE: readonly (readonly [string, Json])[] = [
  ['store', false],
  ['background', false],
  ['truncation', 'disabled'],
]

/** Members that stand for what the vendor keeps: without them the call would be another one. */
const KEPT_BY_VENDOR = ['previous_response_id', 'conversation', 'prompt'] as const

/** A Responses request as a call. Members without a word in the hub go to `extra`. Throws InvalidRequest. */
export function readRequest({ json }: WireRequest): Call {
  const reader = new ObjectReader(json, '')
  const model = reader.string('model')
  if (model === undefined) throw InvalidRequest({ param: 'model' }, 'model must be a string')
  const leftovers: Members[] = []
  const wire: Record<string, Json> = {}
  const turns = [...readInstructions(reader), ...readInput(reader, leftovers)]
  const options = {
    ...readTools(reader),
    ...readToolChoice(reader),
    ...readSampling(reader),
    ...readText(reader, leftovers),
    ...readReasoning(reader, leftovers),
  }
  const stream = reader.boolean('stream')
  if (stream === false) wire.stream = stream
  takeIdle(reader, wire)
  const indispensable = keptByVendor(reader, turns)
  return {
    operation: 'chat',
    dialect: DIALECT,
    model,
    stream: stream ?? false,
    turns,
    ...options,
    ...(indispensable.length > 0 && { indispensable }),
    ...extraOf(reader.rest(), ...leftovers, Object.keys(wire).length > 0 ? { $wire: wire } : {}),
  }
}

function readInstructions(reader: ObjectReader): Turn[] {
  const text = reader.string('instructions')
  if (text === undefined) return []
  const at = 'instructions'
  const blocks = [{ type: 'text' as const, text, at }]
  return [{ role: 'system', blocks, plain: true, at, ...extraOf({ $instructions: true }) }]
}

/** `input`: one message of the user's as a string, or a list of items. A stored prompt needs none. */
function readInput(reader: ObjectReader, leftovers: Members[]): Turn[] {
  const input = reader.peek('input')
  if (typeof input === 'string') {
    reader.take('input')
    leftovers.push({ $input: 'string' })
    const block: Block = { type: 'text', text: input, at: 'input', ...extraOf({ $message: {}, $content: 'string' }) }
    return [{ role: 'user', blocks: [block], plain: true, at: 'input' }]
  }
  if (Array.isArray(input)) return readItems(reader.list('input') ?? [], 'input')
  const stored = reader.peek('prompt') ?? reader.peek('previous_response_id') ?? reader.peek('conversation')
  if ((input !== undefined && input !== null) || !stored) reader.refuse('input', 'a string or a list of items')
  return []
}

function readSampling(reader: ObjectReader): Partial<Call> {
  const top = reader.number('top_logprobs')
  return defined({
    maxTokens: reader.number('max_output_tokens'),
    parallelTools: reader.boolean('parallel_tool_calls'),
    temperature: reader.number('temperature'),
    topP: reader.number('top_p'),
    logprobs: top === undefined ? undefined : { top },
    user: reader.string('user'),
    serviceTier: reader.string('service_tier'),
  })
}

/** `text`: the format, and beside it what only this dialect knows (`verbosity`). */
function readText(reader: ObjectReader, leftovers: Members[]): { format?: OutputFormat } {
  const text = reader.nested('text')
  if (text === undefined) return {}
  const format = formatOf(text, leftovers)
  const rest = text.rest('text.')
  // An empty object, which would be gone without a trace.
  if (format === undefined && Object.keys(rest).length === 0) leftovers.push({ text: {} })
  leftovers.push(rest)
  return format === undefined ? {} : { format }
}

function formatOf(text: ObjectReader, leftovers: Members[]): OutputFormat | undefined {
  const inner = ObjectReader.of(text.peek('format') ?? {}, text.path('format'))
  const type = inner?.string('type')
  if (inner === undefined || (type !== 'text' && type !== 'json_object' && type !== 'json_schema')) return undefined
  const said = defined({
    name: inner.string('name'),
    description: inner.string('description'),
    strict: inner.boolean('strict'),
  })
  const schema = inner.take('schema')
  if (type === 'json_schema' && schema === undefined) return undefined
  text.take('format')
  leftovers.push(inner.rest('format.'))
  if (type !== 'json_schema') return { type: type === 'text' ? 'text' : 'json' }
  return { type: 'json-schema', schema: schema as Json, ...said }
}

function readReasoning(reader: ObjectReader, leftovers: Members[]): { reasoning?: ReasoningWish } {
  const wish = reader.nested('reasoning')
  if (wish === undefined) return {}
  const effort = wish.string('effort')
  const rest = wish.rest('reasoning.')
  if (effort === undefined && Object.keys(rest).length === 0) leftovers.push({ reasoning: {} })
  leftovers.push(rest)
  if (effort === undefined) return {}
  return { reasoning: effort === 'none' ? { enabled: false } : { effort } }
}

/** Moves members that ask for nothing to `wire`. */
function takeIdle(reader: ObjectReader, wire: Record<string, Json>): void {
  for (const [member, idle] of IDLE) {
    if (reader.peek(member) !== idle) continue
    reader.take(member)
    wire[member] = idle
  }
  const include = reader.peek('include')
  if (!Array.isArray(include) || include.some(entry => entry !== ENCRYPTED_REASONING)) return
  reader.take('include')
  wire.include = include
}

function keptByVendor(reader: ObjectReader, turns: readonly Turn[]): Loss[] {
  const members = KEPT_BY_VENDOR.filter(member => (reader.peek(member) ?? null) !== null)
  const blocks = turns.flatMap(turn => turn.blocks)
  const references = blocks.filter(block => block.type === 'opaque' && isReference(block.value))
  const paths = [...members, ...references.map(({ at }) => at ?? 'input')]
  return paths.map(path => ({ path, why: 'it stands for something that only the vendor who made it has' }))
}
