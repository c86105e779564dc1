import type { Block, ToolCallBlock } from '../../call/block.ts'
import type { Turn } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { InvalidRequest } from '../../errors.ts'
import { DIALECT, extraOf, isObject, type Members, ObjectReader, place } from './members.ts'
import { readCache, readContent } from './part-read.ts'
import { readReasoning } from './reasoning-read.ts'
import { readThoughtSignature } from './thought-signature.ts'

/** The `messages` of a request as turns, in wire order. Throws InvalidRequest. */
export function readMessages(messages: readonly Json[]): Turn[] {
  // Results of legacy function calls are matched by name, the hub matches by id.
  const legacyIds = new Map<string, string>()
  return messages.map((message, index) => readMessage(message, index, legacyIds))
}

function readMessage(message: Json, index: number, legacyIds: Map<string, string>): Turn {
  const at = `messages.${index}`
  const reader = ObjectReader.of(message, at) ?? new ObjectReader({}, at)
  const role = reader.string('role')
  switch (role) {
    case 'system':
    case 'user':
      return readPlainTurn(reader, role, {})
    case 'developer':
      return readPlainTurn(reader, 'system', { $role: 'developer' })
    case 'assistant':
      return readAssistantTurn(reader, index, legacyIds)
    case 'tool':
      return readToolTurn(reader)
    case 'function':
      return readFunctionTurn(reader, legacyIds)
    default:
      throw InvalidRequest(
        { param: `${at}.role` },
        `${at}.role must be system, developer, user, assistant, tool or function`,
      )
  }
}

function readPlainTurn(reader: ObjectReader, role: 'system' | 'user', notes: Members): Turn {
  return finishTurn(reader, { role, ...readContent(reader) }, notes)
}

function readAssistantTurn(reader: ObjectReader, index: number, legacyIds: Map<string, string>): Turn {
  const legacyId = `function_call_${index}`
  const { blocks, plain, notes } = readAssistant(reader, legacyId)
  for (const block of blocks) {
    if (block.type === 'tool-call' && block.id === legacyId) legacyIds.set(block.name, legacyId)
  }
  return finishTurn(reader, { role: 'assistant', blocks, plain }, notes)
}

function readToolTurn(reader: ObjectReader): Turn {
  const id = reader.string('tool_call_id')
  if (id === undefined) reader.refuse('tool_call_id', 'a string')
  return finishTurn(reader, toolResult(reader, id ?? ''), {})
}

function readFunctionTurn(reader: ObjectReader, legacyIds: Map<string, string>): Turn {
  const name = reader.peek('name')
  const id = (typeof name === 'string' && legacyIds.get(name)) || `function_${name}`
  return finishTurn(reader, toolResult(reader, id), { $role: 'function' })
}

function toolResult(reader: ObjectReader, id: string): { role: 'tool'; blocks: Block[] } {
  const { blocks, plain } = readContent(reader)
  return {
    role: 'tool',
    blocks: [{ type: 'tool-result', id, content: blocks, ...(plain && { plain }), ...place(reader.at) }],
  }
}

function finishTurn(
  reader: ObjectReader,
  turn: Pick<Turn, 'role' | 'blocks'> & { plain?: boolean },
  notes: Members,
): Turn {
  const name = reader.string('name')
  const { cache, members } = readCache(reader)
  return {
    role: turn.role,
    blocks: turn.blocks,
    ...(turn.plain === true && { plain: true }),
    ...(name !== undefined && { name }),
    ...place(reader.at),
    ...cache,
    ...extraOf(reader.rest(), members, notes),
  }
}

/**
 * The blocks of an assistant message, of a request or of an answer: reasoning, content, refusal, audio, tool calls.
 * `legacyId` is the id given to a call in the old `function_call` member, which has none of its own.
 */
export function readAssistant(
  reader: ObjectReader,
  legacyId: string,
): { blocks: Block[]; plain: boolean; notes: Members } {
  const reasoning = readReasoning(reader)
  const content = readContent(reader)
  const blocks = [...reasoning.blocks, ...content.blocks]
  const refusal = reader.string('refusal')
  if (refusal !== undefined) {
    blocks.push({ type: 'text', text: refusal, refusal: true, ...place(reader.path('refusal')) })
  }
  readSpeech(reader, blocks)
  const calls = reader.list('tool_calls') ?? []
  calls.forEach((call, index) => {
    blocks.push(readToolCall(call, index, reader.path(`tool_calls.${index}`)))
  })
  const legacy = reader.nested('function_call')
  if (legacy !== undefined) blocks.push(readFunction(legacy, legacyId, place(legacy.at), { $legacy: true }))
  return { blocks, plain: content.plain, notes: reasoning.notes }
}

/** `audio`: in a request the id of an earlier answer's speech; in an answer the speech itself, which only OpenAI knows. */
function readSpeech(reader: ObjectReader, blocks: Block[]): void {
  const audio = reader.object('audio')
  if (audio === undefined) return
  const at = place(reader.path('audio'))
  if (typeof audio.id === 'string' && typeof audio.data !== 'string') {
    const { id, ...rest } = audio
    const members = new ObjectReader(rest, undefined).rest('audio.')
    blocks.push({ type: 'audio', source: { kind: 'id', id }, ...at, ...extraOf(members) })
  } else blocks.push({ type: 'opaque', dialect: DIALECT, value: audio, ...at, ...extraOf({ $member: 'audio' }) })
}

function readToolCall(call: Json, index: number, at: string | undefined): Block {
  const reader = ObjectReader.of(call, at)
  const type = reader?.peek('type')
  // OpenAI's custom tools take free text, not a JSON object: no other dialect has such calls.
  if (reader === undefined || (type !== undefined && type !== null && type !== 'function')) {
    return { type: 'opaque', dialect: DIALECT, value: call, ...place(at), ...extraOf({ $member: 'tool_calls' }) }
  }
  const wire = reader.takeEach(['type', 'index'])
  const id = reader.string('id')
  if (id === undefined) reader.refuse('id', 'a string')
  const inner = reader.nested('function')
  if (inner === undefined) reader.refuse('function', 'an object')
  const function_ = inner ?? new ObjectReader({}, undefined)
  const signature = readThoughtSignature(reader)
  // Some compatible vendors leave the id out of their answers; clients need one to send the result back.
  const block = readFunction(function_, id ?? `call_${index}`, place(at), { ...reader.rest(), $wire: wire })
  return { ...block, extra: { ...block.extra, ...signature } }
}

/** `{name, arguments}`; Mistral also takes an object as arguments. */
function readFunction(reader: ObjectReader, id: string, at: { at?: string }, outer: Members): ToolCallBlock {
  const name = reader.string('name')
  if (name === undefined) reader.refuse('name', 'a string')
  const raw = reader.peek('arguments')
  const form: Members = isObject(raw) ? { $arguments: 'object' } : {}
  const text = isObject(raw) ? JSON.stringify(reader.take('arguments')) : reader.string('arguments')
  return {
    type: 'tool-call',
    id,
    name: name ?? '',
    // A call without arguments never reaches anyone as an empty string, which is not JSON (acceptance B3).
    arguments: text === undefined || text === '' ? '{}' : text,
    ...at,
    ...extraOf(outer, reader.rest('function.'), form),
  }
}
