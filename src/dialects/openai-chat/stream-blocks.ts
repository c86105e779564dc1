import type { Block, OpaqueBlock, ReasoningBlock, TextBlock, ToolCallBlock } from '../../call/block.ts'
import type { DeltaEvent } from '../../call/event.ts'
import type { Json } from '../../call/json.ts'
import { DIALECT, isObject, nestedMembers, noteOf, ownMembers } from './members.ts'
import { foreignDetail } from './reasoning-write.ts'
import { writeThoughtSignature } from './thought-signature.ts'

/** What the writer remembers of one output: what it holds decides the finish reason, the counters number its lists. */
export interface OutputState {
  introduced: boolean
  calls: boolean
  refusal: boolean
  nextCall: number
  nextDetail: number
}

/** Writes one block; each method gives the `delta` objects to send, as JSON text. */
export interface BlockWriter {
  open(): string[]
  delta(event: DeltaEvent): string[]
  close(): string[]
}

const NOTHING: string[] = []

/** The writer of a block that has just been opened; undefined for what a chat completion cannot hold. */
export function blockWriter(block: Block, state: OutputState): BlockWriter | undefined {
  switch (block.type) {
    case 'text':
      return textWriter(block, state)
    case 'tool-call':
      state.calls = true
      return noteOf(block.extra, '$legacy') === true ? legacyWriter(block) : callWriter(block, state.nextCall++)
    case 'reasoning':
      return reasoningWriter(block, state)
    case 'opaque':
      return block.dialect === DIALECT ? wholeWriter(block, state) : undefined
    default:
      return undefined
  }
}

/** Pieces of a string member: `{"content":"..."}`. */
function stringWriter(member: string, first: string): BlockWriter {
  const head = `{${JSON.stringify(member)}:`
  const write = (text: string | undefined): string[] => (text ? [`${head}${JSON.stringify(text)}}`] : NOTHING)
  return { open: () => write(first), delta: event => write(event.text), close: () => NOTHING }
}

function textWriter(block: TextBlock, state: OutputState): BlockWriter {
  if (block.refusal !== true) return stringWriter('content', block.text)
  state.refusal = true
  return stringWriter('refusal', block.text)
}

function callWriter(block: ToolCallBlock, index: number): BlockWriter {
  let spoken = false
  const argue = (text: string | undefined): string[] => {
    if (!text) return NOTHING
    spoken = true
    return [`{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(text)}}}]}`]
  }
  return {
    open() {
      const inner = { ...nestedMembers(block.extra, 'function'), name: block.name, arguments: '' }
      const known = { ...ownMembers(block.extra, 'function'), ...writeThoughtSignature(block) }
      const call = { index, id: block.id, type: 'function', ...known }
      return [JSON.stringify({ tool_calls: [{ ...call, index, function: inner }] }), ...argue(block.arguments)]
    },
    delta: event => argue(event.arguments),
    // An empty string is not JSON; clients would fail on it (acceptance B3).
    close: () => (spoken ? NOTHING : argue('{}')),
  }
}

function legacyWriter(block: ToolCallBlock): BlockWriter {
  let spoken = false
  const argue = (text: string | undefined): string[] => {
    if (!text) return NOTHING
    spoken = true
    return [JSON.stringify({ function_call: { arguments: text } })]
  }
  return {
    open: () => [JSON.stringify({ function_call: { name: block.name, arguments: '' } }), ...argue(block.arguments)],
    delta: event => argue(event.arguments),
    close: () => (spoken ? NOTHING : argue('{}')),
  }
}

function reasoningWriter(block: ReasoningBlock, state: OutputState): BlockWriter {
  const member = noteOf(block.extra, '$member')
  if (member === 'reasoning_details') return detailWriter(block, state)
  if (member === 'thinking') return thinkingWriter(block)
  return typeof member === 'string' ? stringWriter(member, block.text) : foreignWriter(block, state)
}

/**
 * Reasoning of another dialect: its text as `reasoning_content`, and, where it is signed or redacted, once more as a
 * whole item of `reasoning_details` when it is complete, so that a client that only collects items can send it back.
 */
function foreignWriter(block: ReasoningBlock, state: OutputState): BlockWriter {
  const plain = stringWriter('reasoning_content', block.text)
  let { text, signature } = block
  return {
    open: plain.open,
    delta(event) {
      text += event.text ?? ''
      if (event.signature !== undefined) signature = `${signature ?? ''}${event.signature}`
      return plain.delta(event)
    },
    close() {
      if (signature === undefined && block.redacted === undefined) return NOTHING
      const whole = { ...block, text, ...(signature !== undefined && { signature }) }
      return [detail({ ...foreignDetail(whole), index: state.nextDetail++ })]
    },
  }
}

function detail(item: Json): string {
  return JSON.stringify({ reasoning_details: [item] })
}

function detailWriter(block: ReasoningBlock, state: OutputState): BlockWriter {
  const fallback = state.nextDetail++
  const type = noteOf(block.extra, '$type') ?? 'reasoning.text'
  const base = { index: fallback, ...ownMembers(block.extra), type }
  const member = type === 'reasoning.summary' ? 'summary' : 'text'
  const write = (text: string | undefined, signature: string | undefined): string[] => {
    if (!text && signature === undefined) return NOTHING
    return [detail({ ...base, ...(text && { [member]: text }), ...(signature !== undefined && { signature }) })]
  }
  return {
    open: () =>
      block.redacted === undefined
        ? write(block.text, block.signature)
        : [detail({ ...base, type: 'reasoning.encrypted', data: block.redacted })],
    delta: event => write(event.text, event.signature),
    close: () => NOTHING,
  }
}

/** Mistral streams its reasoning as lists of parts, and closes it with an empty one. */
function thinkingWriter(block: ReasoningBlock): BlockWriter {
  const write = (text: string | undefined): string[] =>
    text ? [JSON.stringify({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] })] : NOTHING
  return { open: () => write(block.text), delta: event => write(event.text), close: () => NOTHING }
}

/** A block that only this dialect knows, in one piece, where it came from. */
function wholeWriter(block: OpaqueBlock, state: OutputState): BlockWriter {
  const member = noteOf(block.extra, '$member')
  const { value } = block
  const write = (): string => {
    if (member === 'tool_calls') {
      state.calls = true
      return JSON.stringify({ tool_calls: [{ index: state.nextCall++, ...(isObject(value) && value) }] })
    }
    if (member === 'reasoning_details') return detail(value)
    return JSON.stringify(typeof member === 'string' ? { [member]: value } : { content: [value] })
  }
  return { open: () => [write()], delta: () => NOTHING, close: () => NOTHING }
}
