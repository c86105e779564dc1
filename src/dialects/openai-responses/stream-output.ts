import type { Block } from '../../call/block.ts'
import type { DeltaEvent } from '../../call/event.ts'
import type { Json } from '../../call/json.ts'
import type { Frame } from '../dialect.ts'
import { type Holds, holdsOf } from './finish.ts'
import { type ItemForm, outputForm } from './item-form.ts'
import { isPart } from './item-read.ts'
import { messageMembers } from './item-write.ts'
import { DIALECT, type Members, noteOf } from './members.ts'
import { type BlockWriter, callWriter, reasoningWriter, textWriter, wholeWriter } from './stream-blocks.ts'
import type { StreamEvents } from './stream-events.ts'

interface OpenMessage {
  readonly index: number
  readonly members: Members
  readonly parts: Json[]
  /** Parts that have begun and not ended. */
  open: number
}

interface OpenBlock {
  readonly writer: BlockWriter
  done(whole: Members): void
}

/** The items of one streamed answer. Texts in a row are parts of one message, which stays open until something else begins. */
export class OutputWriter {
  /** Complete items by their place; what a `response.completed` repeats. */
  readonly items: Members[] = []
  readonly #events: StreamEvents
  readonly #form: ItemForm
  readonly #blocks = new Map<number, OpenBlock>()
  readonly #seen: { calls: boolean; refusal: boolean } = { calls: false, refusal: false }
  #message: OpenMessage | undefined
  #next = 0

  /** `answer` is the response's id, from which those of its items derive. */
  constructor(answer: string, events: StreamEvents) {
    this.#events = events
    this.#form = outputForm(answer)
  }

  get holds(): Holds {
    return this.#seen
  }

  /** Undefined for a block that no item can be. */
  open(block: number, content: Block): Frame[] | undefined {
    const holds = holdsOf([content])
    this.#seen.calls ||= holds.calls
    this.#seen.refusal ||= holds.refusal
    if (content.type === 'text') return this.#openPart(block, content)
    const before = this.#message?.open === 0 ? this.#closeMessage() : []
    const index = this.#next
    const writer = itemWriter(content, index, this.#form, this.#events)
    if (writer === undefined) return undefined
    this.#next += 1
    this.#blocks.set(block, { writer, done: whole => this.#keep(index, whole) })
    return [...before, ...writer.open()]
  }

  delta(event: DeltaEvent): Frame[] {
    return this.#blocks.get(event.block)?.writer.delta(event) ?? []
  }

  close(block: number): Frame[] {
    const open = this.#blocks.get(block)
    this.#blocks.delete(block)
    return open === undefined ? [] : open.writer.close(open.done)
  }

  /** Closes what is still open. */
  end(): Frame[] {
    return [...[...this.#blocks.keys()].flatMap(block => this.close(block)), ...this.#closeMessage()]
  }

  #openPart(block: number, content: Block & { type: 'text' }): Frame[] {
    const before = noteOf(content.extra, '$message') === undefined ? [] : this.#closeMessage()
    const frames = this.#message === undefined ? this.#openMessage(content) : []
    const message = this.#message as unknown as OpenMessage
    message.open += 1
    const position = message.parts.push(null) - 1
    const place = { item_id: message.members.id ?? '', output_index: message.index, content_index: position }
    const writer = textWriter(content, place, this.#events)
    const done = (whole: Members): void => {
      message.open -= 1
      message.parts[position] = whole
    }
    this.#blocks.set(block, { writer, done })
    return [...before, ...frames, ...writer.open()]
  }

  #openMessage(first: Block): Frame[] {
    const index = this.#next++
    const members = { ...messageMembers(first, this.#form, index), role: 'assistant' }
    this.#message = { index, members, parts: [], open: 0 }
    const item = { ...members, status: 'in_progress', content: [] }
    return [this.#events.frame('response.output_item.added', { output_index: index, item })]
  }

  #closeMessage(): Frame[] {
    const message = this.#message
    if (message === undefined) return []
    this.#message = undefined
    const item = { ...message.members, status: 'completed', content: message.parts }
    this.#keep(message.index, item)
    return [this.#events.frame('response.output_item.done', { output_index: message.index, item })]
  }

  #keep(index: number, item: Members): void {
    this.items[index] = item
  }
}

function itemWriter(block: Block, index: number, form: ItemForm, events: StreamEvents): BlockWriter | undefined {
  switch (block.type) {
    case 'tool-call':
      return callWriter(block, index, form, events)
    case 'reasoning':
      return reasoningWriter(block, index, form, events)
    case 'opaque':
      return block.dialect === DIALECT && !isPart(block) ? wholeWriter(block, index, events) : undefined
    default:
      return undefined
  }
}
