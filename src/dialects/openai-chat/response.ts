import type { Block } from '../../call/block.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Output, Result } from '../../call/result.ts'
import type { Report } from '../dialect.ts'
import type { WriteContext } from '../write-context.ts'
import { writeAssistant } from './assistant-write.ts'
import { finishLosses, type Holds, readFinish, writeFinish } from './finish.ts'
import {
  DIALECT,
  extraOf,
  isObject,
  isOwn,
  type Members,
  nestedMembers,
  noteOf,
  ObjectReader,
  ownMembers,
} from './members.ts'
import { readAssistant } from './message-read.ts'
import { readUsage, writeUsage } from './usage.ts'

/** A chat completion as a result. Throws when there are no choices; what else is odd is kept aside. */
export function readResponse(json: Json): Result {
  const reader = ObjectReader.of(json, undefined)
  const choices = reader?.peek('choices')
  if (reader === undefined || !Array.isArray(choices)) throw new Error('The answer is not a chat completion.')
  reader.take('choices')
  const wire = reader.takeEach(['object'])
  const created = reader.number('created')
  const usage = readUsage(reader.peek('usage'))
  if (usage !== undefined) reader.take('usage')
  return {
    id: reader.string('id') ?? '',
    model: reader.string('model') ?? '',
    ...(created !== undefined && { created }),
    outputs: choices.map(readChoice),
    ...(usage !== undefined && { usage }),
    ...extraOf(reader.rest(), { $wire: wire }),
  }
}

/** Usage and end of a chat completion. Throws when there are no choices. */
export function readReport(json: Json): Report {
  const choices = isObject(json) ? json.choices : undefined
  if (!isObject(json) || !Array.isArray(choices)) throw new Error('The answer is not a chat completion.')
  const usage = readUsage(json.usage)
  const word = isObject(choices[0]) ? choices[0].finish_reason : undefined
  const finish = readFinish(word, { calls: false, refusal: false }).reason
  return usage === undefined ? { finish } : { usage, finish }
}

function readChoice(choice: Json, index: number): Output {
  const reader = ObjectReader.of(choice, undefined) ?? new ObjectReader({}, undefined)
  const message = reader.nested('message') ?? new ObjectReader({}, undefined)
  const wire = reader.takeEach(['index'])
  const messageWire = message.takeEach(['role'])
  const { blocks, plain, notes } = readAssistant(message, `function_call_${index}`)
  const empty = plain && blocks.some(block => block.type === 'text' && block.text === '' && block.refusal !== true)
  const spoken = empty ? blocks.filter(block => block.type !== 'text' || block.text !== '') : blocks
  const word = reader.take('finish_reason')
  const form = empty ? 'empty' : plain ? 'string' : 'parts'
  return {
    blocks: attachLogprobs(spoken, reader),
    finish: readFinish(word, holdsOf(spoken)),
    ...extraOf(reader.rest(), message.rest('message.'), notes, {
      $wire: wire,
      $message: messageWire,
      $content: form,
      ...(word !== undefined && { $finish: word }),
    }),
  }
}

/** Log probabilities belong to the text, which is where a stream brings them too. */
function attachLogprobs(blocks: readonly Block[], choice: ObjectReader): Block[] {
  const first = blocks.findIndex(block => block.type === 'text')
  const logprobs = first < 0 ? undefined : choice.object('logprobs')
  if (logprobs === undefined) return [...blocks]
  return blocks.map((block, index) =>
    index === first ? { ...block, ...extraOf(block.extra?.[DIALECT] ?? {}, { logprobs }) } : block,
  )
}

/** What an answer's blocks hold, for its finish reason. */
function holdsOf(blocks: readonly Block[]): Holds {
  const isCall = (block: Block): boolean =>
    block.type === 'tool-call' || (block.type === 'opaque' && noteOf(block.extra, '$member') === 'tool_calls')
  return { calls: blocks.some(isCall), refusal: blocks.some(block => block.type === 'text' && block.refusal === true) }
}

/** A result as a chat completion. Same result, same bytes. */
export function writeResponse(result: Result): { body: JsonObject; losses: Loss[] } {
  const losses = foreignLosses(DIALECT, undefined, result.extra)
  const own = isOwn(result.extra)
  const body = {
    id: result.id,
    // The reference asks for both; `created` is unknown for answers of dialects that do not tell the time.
    ...(!own && { object: 'chat.completion', created: 0 }),
    ...ownMembers(result.extra),
    ...(result.created !== undefined && { created: result.created }),
    model: result.model,
    choices: result.outputs.map((output, index) => writeChoice(output, index, losses)),
    ...(result.usage !== undefined && { usage: writeUsage(result.usage, losses) }),
  }
  return { body, losses }
}

function writeChoice(output: Output, index: number, losses: Loss[]): Members {
  const own = isOwn(output.extra)
  const context: WriteContext = { own, at: `choices.${index}.message`, losses }
  const at = `choices.${index}`
  losses.push(...foreignLosses(DIALECT, at, output.extra), ...finishLosses(output.finish, output.extra, at))
  const logprobs = output.blocks.map(block => block.extra?.[DIALECT]?.logprobs).find(value => value !== undefined)
  return {
    ...(!own && { index }),
    ...ownMembers(output.extra, 'message'),
    message: writeMessage(output, context),
    ...(logprobs !== undefined ? { logprobs } : !own && { logprobs: null }),
    ...finishMember(output),
  }
}

function finishMember(output: Output): Members {
  // A vendor that left the member out of an answer gets it left out again.
  const absent =
    isOwn(output.extra) && noteOf(output.extra, '$finish') === undefined && output.finish.reason === 'other'
  return absent ? {} : { finish_reason: writeFinish(output.finish, output.extra, holdsOf(output.blocks)) }
}

function writeMessage(output: Output, context: WriteContext): Members {
  const repeated = noteOf(output.extra, '$repeated')
  const { parts, members } = writeAssistant(output.blocks, context, { answer: true, repeated })
  const wire = noteOf(output.extra, '$message')
  const rest = nestedMembers(output.extra, 'message')
  const content = writeContent(parts, noteOf(output.extra, '$content'))
  const role = context.own ? ((wire ?? {}) as Members) : { role: 'assistant' }
  return { ...role, ...(!context.own && { content: null, refusal: null }), ...rest, ...content, ...members }
}

function writeContent(parts: readonly Members[], form: Json | undefined): Members {
  if (parts.length === 0) return form === 'empty' ? { content: '' } : {}
  if (form !== 'parts') return { content: parts.map(part => part.text ?? '').join('') }
  return { content: parts.map(({ logprobs, ...part }) => part) }
}
