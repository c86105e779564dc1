import type { Block, OpaqueBlock, ReasoningBlock, ToolCallBlock, ToolResultBlock } from '../../call/block.ts'
import type { Turn } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { lose, type WriteContext } from '../write-context.ts'
import { INPUT_FORM, type ItemForm, outputForm, TEXT_FORM } from './item-form.ts'
import { isPart } from './item-read.ts'
import { DIALECT, isOwn, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'
import { loseAnnotations, type PartContext, writePart } from './part-write.ts'
import { writeReasoning } from './reasoning-write.ts'

/** The turns of a call as items of `input`. One turn may give several: calls and their results are items of their own. */
export function writeItems(turns: readonly Turn[], context: WriteContext): Members[] {
  return turns.flatMap(turn => {
    loseAnnotations(context, turn)
    if (turn.name !== undefined) lose(context, `${turn.at ?? context.at}.name`, 'the Responses API names no speakers')
    const items = new ItemWriter(roleOf(turn), context, INPUT_FORM)
    for (const block of turn.blocks) items.push(block)
    return items.close()
  })
}

/** The blocks of the answer with that id as items of `output`. */
export function writeOutput(blocks: readonly Block[], answer: string, context: WriteContext): Members[] {
  const items = new ItemWriter('assistant', { ...context, textForm: TEXT_FORM }, outputForm(answer))
  for (const block of blocks) items.push(block)
  return items.close()
}

function roleOf(turn: Turn): Json {
  const word = noteOf(turn.extra, '$role')
  // Results of tools have items of their own; what stands beside them was said by the user.
  return word ?? (turn.role === 'tool' ? 'user' : turn.role)
}

/** Puts blocks into items: parts that follow each other and belong to one message are one item. */
class ItemWriter {
  readonly #role: Json
  readonly #speaker: 'model' | 'client'
  readonly #context: PartContext
  readonly #form: ItemForm
  readonly #items: Members[] = []
  #first: Block | undefined
  #parts: Members[] = []

  /** `role` is that of its messages. */
  constructor(role: Json, context: PartContext, form: ItemForm) {
    this.#role = role
    this.#speaker = role === 'assistant' ? 'model' : 'client'
    this.#context = context
    this.#form = form
  }

  push(block: Block): void {
    if (!isItem(block)) {
      this.#part(block)
      return
    }
    this.#closeMessage()
    const item = this.#item(block)
    if (item !== undefined) this.#items.push(item)
  }

  close(): Members[] {
    this.#closeMessage()
    return this.#items
  }

  #part(block: Block): void {
    if (noteOf(block.extra, '$message') !== undefined) this.#closeMessage()
    const part = writePart(block, this.#speaker, this.#context)
    if (part === undefined) return
    this.#first ??= block
    this.#parts.push(part)
  }

  #closeMessage(): void {
    const first = this.#first
    if (first === undefined) return
    const [only] = this.#parts
    const single = this.#parts.length === 1 ? only?.text : undefined
    this.#items.push({
      ...messageMembers(first, this.#form, this.#items.length),
      role: this.#role,
      content: this.#isString(first) && single !== undefined ? single : this.#parts,
    })
    this.#first = undefined
    this.#parts = []
  }

  /** As it was read; another dialect's words of the model are a string, the one form that the reference has for them. */
  #isString(first: Block): boolean {
    if (isOwn(first.extra)) return noteOf(first.extra, '$content') === 'string'
    return this.#form === INPUT_FORM && this.#speaker === 'model'
  }

  #item(block: ItemBlock): Members | undefined {
    if (block.type === 'opaque') return block.value as Members
    loseAnnotations(this.#context, block)
    if (block.type === 'tool-result') return writeResult(block, this.#context)
    if (block.type === 'tool-call') return writeCall(block, this.#form)
    if (this.#form !== INPUT_FORM || isOwn(block.extra)) {
      return writeReasoning(block, this.#form.reasoning(this.#items.length))
    }
    return lose(this.#context, block.at, 'OpenAI takes reasoning back only in the encrypted form that it gave')
  }
}

type ItemBlock = ToolCallBlock | ToolResultBlock | ReasoningBlock | OpaqueBlock

/** True for blocks that are items by themselves; the others are parts of messages. */
function isItem(block: Block): block is ItemBlock {
  if (block.type === 'opaque') return block.dialect === DIALECT && !isPart(block)
  return block.type === 'tool-call' || block.type === 'tool-result' || block.type === 'reasoning'
}

/** A message without its role and content, from the block that begins it. */
export function messageMembers(first: Block, form: ItemForm, index: number): Members {
  const read = noteOf(first.extra, '$message') as Members | undefined
  return { ...(read ?? form.message(index)), ...nestedMembers(first.extra, 'message') }
}

/** A call as an item. */
export function writeCall(block: ToolCallBlock, form: ItemForm): Members {
  const members = isOwn(block.extra) ? ownMembers(block.extra) : form.call(block)
  return { ...members, call_id: block.id, name: block.name, arguments: block.arguments || '{}' }
}

function writeResult(block: ToolResultBlock, context: WriteContext): Members {
  if (block.error === true)
    lose(context, `${block.at ?? context.at}.is_error`, 'the output of a function has no error mark')
  const parts = block.content.map(part => writePart(part, 'client', context)).filter(part => part !== undefined)
  const [only] = parts
  const plain = block.plain === true || !context.own
  const single = plain && parts.length === 1 && only?.type === 'input_text' ? only.text : undefined
  const form: Members = isOwn(block.extra) ? {} : { type: 'function_call_output' }
  const output = single ?? (parts.length === 0 && !context.own ? '' : parts)
  return { ...ownMembers(block.extra), ...form, call_id: block.id, output }
}
