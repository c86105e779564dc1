import type { Block, OpaqueBlock, ReasoningBlock, ToolCallBlock } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { lose, type WriteContext } from '../write-context.ts'
import { DIALECT, isObject, isOwn, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'
import { loseAnnotations, writePart } from './part-write.ts'
import { writeReasoning } from './reasoning-write.ts'
import { withoutSignature, writeThoughtSignature } from './thought-signature.ts'

/** An assistant message taken apart: its content parts, and the members beside `content`. */
interface AssistantMembers {
  readonly parts: readonly Members[]
  readonly members: Members
}

/**
 * The blocks of an assistant turn or of an answer. `$repeated` of the turn's or answer's notes names the plain members
 * that repeat the reasoning; `answer` says that a client will read it, so that signatures may be given to keep.
 */
export function writeAssistant(
  blocks: readonly Block[],
  context: WriteContext,
  form: { readonly answer: boolean; readonly repeated?: Json | undefined },
): AssistantMembers {
  const parts: Members[] = []
  const reasoning: (ReasoningBlock | OpaqueBlock)[] = []
  const calls: Json[] = []
  const members: Record<string, Json> = {}
  for (const block of blocks) {
    const signed = block.type === 'tool-call' && (form.answer || context.own)
    loseAnnotations(context, signed ? withoutSignature(block) : block)
    const member = noteOf(block.extra, '$member')
    if (block.type === 'tool-call') {
      if (noteOf(block.extra, '$legacy') === true) members.function_call = writeFunction(block)
      else calls.push({ ...writeToolCall(block), ...(signed && writeThoughtSignature(block)) })
    } else if (block.type === 'reasoning' && member !== 'thinking') reasoning.push(block)
    else if (block.type === 'opaque' && block.dialect === DIALECT && typeof member === 'string') {
      if (member === 'reasoning_details') reasoning.push(block)
      else if (member === 'tool_calls') calls.push(block.value)
      else members[member] = block.value
    } else if (block.type === 'text' && block.refusal === true && noteOf(block.extra, '$part') === undefined) {
      members.refusal = `${members.refusal ?? ''}${block.text}`
    } else if (block.type === 'audio' && block.source.kind === 'id') {
      members.audio = { ...nestedMembers(block.extra, 'audio'), id: block.source.id }
    } else pushPart(parts, block, context)
  }
  Object.assign(members, writeReasoning(reasoning, context, form))
  if (calls.length > 0) members.tool_calls = calls
  return { parts, members }
}

function pushPart(parts: Members[], block: Block, context: WriteContext): void {
  if (!context.own && (block.type === 'image' || block.type === 'file' || block.type === 'audio')) {
    lose(context, block.at, `an assistant message cannot hold a block of type ${block.type}`)
    return
  }
  const part = writePart(block, context)
  if (part !== undefined) parts.push(part)
}

function writeToolCall(block: ToolCallBlock): Members {
  const outer = ownMembers(block.extra, 'function')
  // A read call keeps its `type` in `$wire`: some vendors leave it out.
  const type: Members = isOwn(block.extra) ? {} : { type: 'function' }
  return { ...outer, id: block.id, ...type, function: writeFunction(block) }
}

function writeFunction(block: ToolCallBlock): Members {
  const inner = nestedMembers(block.extra, 'function')
  return { ...inner, name: block.name, arguments: writeArguments(block) }
}

function writeArguments(block: ToolCallBlock): Json {
  if (noteOf(block.extra, '$arguments') === 'object') {
    const parsed: Json = JSON.parse(block.arguments)
    if (isObject(parsed)) return parsed
  }
  return block.arguments === '' ? '{}' : block.arguments
}
