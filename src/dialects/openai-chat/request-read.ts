import type { Call, OutputFormat, ReasoningWish } from '../../call/call.ts'
import { InvalidRequest } from '../../errors.ts'
import type { WireRequest } from '../dialect.ts'
import { DIALECT, defined, extraOf, type Members, ObjectReader } from './members.ts'
import { readMessages } from './message-read.ts'
import { readToolChoice, readTools } from './tools-read.ts'

/** A Chat Completions request as a call. Members without a word in the hub go to `extra`. Throws InvalidRequest. */
export function readRequest({ json }: WireRequest): Call {
  const reader = new ObjectReader(json, '')
  const model = reader.string('model')
  if (model === undefined) throw InvalidRequest({ param: 'model' }, 'model must be a string')
  const messages = reader.list('messages')
  if (messages === undefined) throw InvalidRequest({ param: 'messages' }, 'messages must be a list')
  const leftovers: Members[] = []
  const options = {
    ...readTools(reader),
    ...readToolChoice(reader, leftovers),
    ...readSampling(reader, leftovers),
    ...readFormat(reader, leftovers),
    ...readReasoningWish(reader, leftovers),
    ...readStreamOptions(reader, leftovers),
  }
  const stream = reader.boolean('stream')
  // `stream: false` and no `stream` mean the same, but have to be written back as they came.
  if (stream === false) leftovers.push({ $wire: { stream } })
  return {
    operation: 'chat',
    dialect: DIALECT,
    model,
    stream: stream ?? false,
    turns: readMessages(messages),
    ...options,
    ...extraOf(reader.rest(), ...leftovers),
  }
}

function readSampling(reader: ObjectReader, leftovers: Members[]): Partial<Call> {
  const logprobs = defined({ enabled: reader.boolean('logprobs'), top: reader.number('top_logprobs') })
  return defined({
    maxTokens: readMaxTokens(reader, leftovers),
    parallelTools: reader.boolean('parallel_tool_calls'),
    temperature: reader.number('temperature'),
    topP: reader.number('top_p'),
    // Not OpenAI's own; vLLM, OpenRouter and others take it.
    topK: reader.number('top_k'),
    stop: readStop(reader, leftovers),
    seed: reader.number('seed'),
    frequencyPenalty: reader.number('frequency_penalty'),
    presencePenalty: reader.number('presence_penalty'),
    choices: reader.number('n'),
    logprobs: Object.keys(logprobs).length === 0 ? undefined : logprobs,
    user: reader.string('user'),
    serviceTier: reader.string('service_tier'),
  })
}

/** The newer name wins; an older one beside it stays in the rest. */
function readMaxTokens(reader: ObjectReader, leftovers: Members[]): number | undefined {
  const newer = reader.number('max_completion_tokens')
  if (newer !== undefined) return newer
  const older = reader.number('max_tokens')
  if (older !== undefined) leftovers.push({ $maxTokens: 'max_tokens' })
  return older
}

function readStop(reader: ObjectReader, leftovers: Members[]): string[] | undefined {
  const stop = reader.peek('stop')
  if (typeof stop === 'string') {
    reader.take('stop')
    leftovers.push({ $stop: 'string' })
    return [stop]
  }
  const list = stop === undefined || stop === null ? undefined : reader.list('stop')
  if (list === undefined || list.length === 0) return undefined
  const strings = list.filter(entry => typeof entry === 'string')
  if (strings.length < list.length) reader.refuse('stop', 'a string or a list of strings')
  return strings
}

function readFormat(reader: ObjectReader, leftovers: Members[]): { format?: OutputFormat } {
  const format = reader.nested('response_format')
  const type = format?.string('type')
  switch (type) {
    case 'text':
    case 'json_object': {
      leftovers.push(format?.rest('response_format.') ?? {})
      return { format: { type: type === 'text' ? 'text' : 'json' } }
    }
    case 'json_schema': {
      const inner = format?.nested('json_schema')
      const schema = inner?.take('schema')
      if (inner === undefined || schema === undefined) break
      const said = defined({
        name: inner.string('name'),
        description: inner.string('description'),
        strict: inner.boolean('strict'),
      })
      leftovers.push(format?.rest('response_format.') ?? {}, inner.rest('json_schema.'))
      return { format: { type: 'json-schema', schema, ...said } }
    }
  }
  // A form of some vendor's own (`grammar`, `regex`): whole into the rest.
  leave(reader, 'response_format', leftovers)
  return {}
}

/** OpenAI's `reasoning_effort`, OpenRouter's `reasoning`, DeepSeek's `thinking`; the first one wins. */
function readReasoningWish(reader: ObjectReader, leftovers: Members[]): { reasoning?: ReasoningWish } {
  const effort = reader.string('reasoning_effort')
  if (effort !== undefined) {
    leftovers.push({ $reasoning: 'reasoning_effort' })
    return { reasoning: effort === 'none' ? { enabled: false } : { effort } }
  }
  const wish = reader.nested('reasoning')
  if (wish !== undefined) {
    const word = wish.string('effort')
    const reasoning = defined({
      enabled: wish.boolean('enabled') ?? (word === 'none' ? false : undefined),
      effort: word,
      budget: wish.number('max_tokens'),
    })
    const explicit = wish.peek('enabled') === false
    leftovers.push({ $reasoning: 'reasoning', ...(explicit && { $enabled: false }) }, wish.rest('reasoning.'))
    return { reasoning }
  }
  return readThinkingWish(reader, leftovers)
}

function readThinkingWish(reader: ObjectReader, leftovers: Members[]): { reasoning?: ReasoningWish } {
  const thinking = reader.nested('thinking')
  const type = thinking?.string('type')
  if (thinking === undefined || (type !== 'enabled' && type !== 'disabled' && type !== 'adaptive')) {
    leave(reader, 'thinking', leftovers)
    return {}
  }
  const budget = thinking.number('budget_tokens')
  leftovers.push({ $reasoning: 'thinking' }, thinking.rest('thinking.'))
  const said = type === 'adaptive' ? { adaptive: true } : { enabled: type === 'enabled' }
  return { reasoning: { ...said, ...(budget !== undefined && { budget }) } }
}

function readStreamOptions(reader: ObjectReader, leftovers: Members[]): { includeUsage?: boolean } {
  const options = reader.nested('stream_options')
  const includeUsage = options?.boolean('include_usage')
  if (options === undefined || includeUsage === undefined) {
    leave(reader, 'stream_options', leftovers)
    return {}
  }
  leftovers.push(options.rest('stream_options.'))
  return { includeUsage }
}

/** Back into the rest, whole, what was looked into in vain. */
function leave(reader: ObjectReader, name: string, leftovers: Members[]): void {
  const value = reader.peek(name)
  if (value !== undefined) leftovers.push({ [name]: value })
}
