import type { Block } from '../../call/block.ts'
import type { Role, Turn } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { InvalidRequest } from '../../errors.ts'
import { DIALECT, extraOf, isObject, type Members, noteOf, ObjectReader, place } from './members.ts'
import { opaque, readPart } from './part-read.ts'
import { readReasoning } from './reasoning-read.ts'
import { takeWire } from './wire.ts'

/** What one item of `input` or `output` says, and who says it. */
interface Said {
  readonly role: Role
  readonly blocks: readonly Block[]
  readonly plain?: boolean
  readonly notes?: Members
}

/** Opaque items that a client gives, not the model. */
const GIVEN = /_output$|^mcp_approval_response$/

const ROLES: ReadonlySet<Json | undefined> = new Set(['system', 'developer', 'user', 'assistant'])

/**
 * The items of a request as turns: what the model said in a row (reasoning, text, calls) is one assistant turn, as in the
 * other dialects; any other item is a turn of its own. Throws InvalidRequest.
 */
export function readItems(items: readonly Json[], at: string): Turn[] {
  const turns: Turn[] = []
  items.forEach((item, index) => {
    const said = readItem(item, `${at}.${index}`)
    const before = turns.at(-1)
    if (said.role !== 'assistant' || before?.role !== 'assistant') turns.push(turnOf(said, `${at}.${index}`))
    else {
      const { plain: _, ...turn } = before
      turns[turns.length - 1] = { ...turn, blocks: [...turn.blocks, ...said.blocks] }
    }
  })
  return turns
}

/** The items of an answer as blocks; nothing in them is refused. */
export function readOutput(items: readonly Json[]): Block[] {
  return items.flatMap(item => readItem(item, undefined).blocks)
}

/** An item that stands for one the vendor keeps; OpenAI takes it without its type as well. */
export function isReference(item: Json): item is Members {
  if (!isObject(item)) return false
  const { type = null, role, id } = item
  return type === 'item_reference' || (type === null && role === undefined && id !== undefined)
}

function turnOf({ role, blocks, plain, notes }: Said, at: string): Turn {
  return { role, blocks, ...(plain === true && { plain }), at, ...extraOf(notes ?? {}) }
}

function readItem(item: Json, at: string | undefined): Said {
  const reader = ObjectReader.of(item, at)
  if (reader === undefined) return { role: 'assistant', blocks: [opaque(item, at)] }
  const type = reader.string('type')
  if (type === 'message' || (type === undefined && reader.peek('role') !== undefined)) return readMessage(reader, item)
  switch (type) {
    case 'reasoning':
      return { role: 'assistant', blocks: [readReasoning(reader, item)] }
    case 'function_call':
      return { role: 'assistant', blocks: [readCall(reader)] }
    case 'function_call_output':
      return readResult(reader)
    default:
      return { role: GIVEN.test(type ?? '') ? 'tool' : 'assistant', blocks: [opaque(item, at)] }
  }
}

function readMessage(reader: ObjectReader, item: Json): Said {
  const role = reader.string('role')
  if (!ROLES.has(role) && reader.at !== undefined) {
    throw InvalidRequest(
      { param: `${reader.at}.role` },
      `${reader.at}.role must be system, developer, user or assistant`,
    )
  }
  const speaker = role === 'developer' ? 'system' : ((role ?? 'assistant') as Role)
  const content = reader.peek('content')
  const at = reader.path('content')
  if (typeof content !== 'string' && !Array.isArray(content)) reader.refuse('content', 'a string or a list of parts')
  if (typeof content !== 'string' && (!Array.isArray(content) || content.length === 0)) {
    return { role: speaker, blocks: [opaque(item, reader.at)] }
  }
  reader.take('content')
  const plain = typeof content === 'string'
  const blocks = plain ? [textBlock(content, at)] : content.map((part, index) => readPart(part, at && `${at}.${index}`))
  return { role: speaker, blocks: joinMessage(blocks, messageNotes(reader, plain)), plain, ...developerNote(role) }
}

/** `{notes}` of a turn whose role has another word in the hub. */
function developerNote(role: string | undefined): { notes?: Members } {
  return role === 'developer' ? { notes: { $role: role } } : {}
}

/** What stands in a message beside its content: `phase` and the like are form, which only this dialect's vendors look at. */
export function messageNotes(reader: ObjectReader, plain: boolean): Members {
  const { $wire: wire = {} } = takeWire(reader, ['type', 'id', 'status', 'phase'])
  return { ...reader.rest('message.'), $message: wire, ...(plain && { $content: 'string' }) }
}

/** The blocks of one message: the first holds the message's own members, the others say that they belong to it. */
export function joinMessage(blocks: readonly Block[], notes: Members): Block[] {
  return blocks.map((block, index) => withMembers(block, index === 0 ? notes : { $more: true }))
}

/** A block with more members of this dialect. */
export function withMembers(block: Block, members: Members): Block {
  return { ...block, ...extraOf(block.extra?.[DIALECT] ?? {}, members) }
}

/** True for a block that begins a message or goes on with one; opaque blocks are items of their own otherwise. */
export function isPart(block: Block): boolean {
  return noteOf(block.extra, '$message') !== undefined || noteOf(block.extra, '$more') !== undefined
}

function textBlock(text: string, at: string | undefined): Block {
  return { type: 'text', text, ...place(at) }
}

function readCall(reader: ObjectReader): Block {
  const wire = takeWire(reader, ['type', 'id', 'status'])
  const id = reader.string('call_id')
  if (id === undefined) reader.refuse('call_id', 'a string')
  const name = reader.string('name')
  if (name === undefined) reader.refuse('name', 'a string')
  const text = reader.string('arguments')
  return {
    type: 'tool-call',
    id: id ?? '',
    name: name ?? '',
    // A call without arguments never reaches anyone as an empty string, which is not JSON (acceptance B3).
    arguments: text === undefined || text === '' ? '{}' : text,
    ...place(reader.at),
    ...extraOf(reader.rest(), wire),
  }
}

function readResult(reader: ObjectReader): Said {
  const wire = takeWire(reader, ['type', 'id', 'status'])
  const id = reader.string('call_id')
  if (id === undefined) reader.refuse('call_id', 'a string')
  const output = reader.peek('output')
  const at = reader.path('output')
  if (typeof output !== 'string' && !Array.isArray(output)) reader.refuse('output', 'a string or a list of parts')
  reader.take('output')
  const plain = typeof output === 'string'
  const parts = Array.isArray(output) ? output : []
  const content = plain ? [textBlock(output, at)] : parts.map((part, index) => readPart(part, at && `${at}.${index}`))
  const result: Block = {
    type: 'tool-result',
    id: id ?? '',
    content,
    ...(plain && { plain }),
    ...place(reader.at),
    ...extraOf(reader.rest(), wire),
  }
  return { role: 'tool', blocks: [result] }
}
