import type { Block, ReasoningBlock } from '../../call/block.ts'
import type { Event } from '../../call/event.ts'
import type { Json } from '../../call/json.ts'
import { joinMessage, messageNotes, readOutput, withMembers } from './item-read.ts'
import { DIALECT, extraOf, isObject, type Members, ObjectReader } from './members.ts'
import { readPart } from './part-read.ts'
import { PARAGRAPH, readReasoning } from './reasoning-read.ts'
import { takeWire } from './wire.ts'

/** Reads the events of one item between `output_item.added` and `output_item.done`. */
export interface ItemReader {
  event(type: string, data: Members, events: Event[]): void
  /** `item` is the whole item as `output_item.done` tells it, or as it was added where the stream is over. */
  close(item: Members, events: Event[]): void
}

/** Hands out block numbers. */
export type Numbers = () => number

/** The reader for an item that has just been added. */
export function itemReader(item: Members, next: Numbers, events: Event[]): ItemReader {
  switch (item.type) {
    case 'message':
      return new MessageReader(item, next)
    case 'function_call':
      return new CallReader(item, next, events)
    case 'reasoning':
      return new ReasoningReader(item, next)
    default:
      // Only its own dialect understands it, and opaque blocks do not grow: it appears when it is complete.
      return { event: () => {}, close: (whole, out) => pushWhole(readOutput([whole]), next, out) }
  }
}

/** Blocks that come in one piece. */
export function pushWhole(blocks: readonly Block[], next: Numbers, events: Event[]): void {
  for (const content of blocks) {
    const at = { output: 0, block: next() }
    events.push({ type: 'block-open', ...at, content }, { type: 'block-close', ...at })
  }
}

interface OpenPart {
  readonly block: number
  /** A piece of it has come, so that its last event only repeats. */
  spoken: boolean
  annotated: boolean
}

class MessageReader implements ItemReader {
  readonly #notes: Members
  readonly #next: Numbers
  readonly #parts = new Map<Json | undefined, OpenPart>()
  #begun = false

  constructor(item: Members, next: Numbers) {
    const reader = new ObjectReader(item, undefined)
    for (const member of ['content', 'role']) reader.take(member)
    this.#notes = messageNotes(reader, false)
    this.#next = next
  }

  event(type: string, data: Members, events: Event[]): void {
    const index = data.content_index
    switch (type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        this.#say(this.#part(type, index, events), data.delta, data.logprobs, events)
        break
      case 'response.content_part.added':
        if (isObject(data.part) && isKnown(data.part)) this.#open(data.part, index, events)
        break
      case 'response.output_text.annotation.added':
        this.#annotate(this.#part(type, index, events), [data.annotation ?? null], events)
        break
      case 'response.content_part.done':
        if (isObject(data.part)) this.#finish(data.part, index, events)
    }
  }

  close(item: Members, events: Event[]): void {
    for (const { block } of this.#parts.values()) events.push({ type: 'block-close', output: 0, block })
    this.#parts.clear()
    // Vendors exist that stream whole items only.
    if (!this.#begun) pushWhole(readOutput([item]), this.#next, events)
  }

  #open(part: Members, index: Json | undefined, events: Event[]): OpenPart {
    const { annotations: _, logprobs: __, ...begun } = part
    const block = this.#next()
    const content = this.#inMessage(readPart({ ...begun, [textMember(part)]: '' }, undefined))
    events.push({ type: 'block-open', output: 0, block, content })
    const open = { block, spoken: false, annotated: false }
    this.#parts.set(index, open)
    return open
  }

  #inMessage(block: Block): Block {
    const first = !this.#begun
    this.#begun = true
    return first ? (joinMessage([block], this.#notes)[0] as Block) : withMembers(block, { $more: true })
  }

  #part(type: string, index: Json | undefined, events: Event[]): OpenPart {
    const part = { type: type === 'response.refusal.delta' ? 'refusal' : 'output_text' }
    return this.#parts.get(index) ?? this.#open(part, index, events)
  }

  #say(open: OpenPart, text: Json | undefined, logprobs: Json | undefined, events: Event[]): void {
    const { block } = open
    if (typeof text === 'string' && text !== '') {
      open.spoken = true
      events.push({ type: 'delta', output: 0, block, text })
    }
    if (!Array.isArray(logprobs) || logprobs.length === 0) return
    events.push({ type: 'delta', output: 0, block, extra: { [DIALECT]: { logprobs } } })
  }

  #annotate(open: OpenPart, annotations: readonly Json[], events: Event[]): void {
    open.annotated = true
    events.push({ type: 'delta', output: 0, block: open.block, extra: { [DIALECT]: { annotations } } })
  }

  #finish(part: Members, index: Json | undefined, events: Event[]): void {
    if (!isKnown(part)) {
      pushWhole([this.#inMessage(readPart(part, undefined))], this.#next, events)
      return
    }
    const open = this.#parts.get(index) ?? this.#open(part, index, events)
    if (!open.spoken) this.#say(open, part[textMember(part)], undefined, events)
    const { annotations } = part
    if (!open.annotated && Array.isArray(annotations) && annotations.length > 0) {
      this.#annotate(open, annotations, events)
    }
    this.#parts.delete(index)
    events.push({ type: 'block-close', output: 0, block: open.block })
  }
}

function isKnown(part: Members): boolean {
  return part.type === 'output_text' || part.type === 'refusal'
}

function textMember(part: Members): 'refusal' | 'text' {
  return part.type === 'refusal' ? 'refusal' : 'text'
}

class CallReader implements ItemReader {
  readonly #block: number
  #spoken = false

  constructor(item: Members, next: Numbers, events: Event[]) {
    this.#block = next()
    const [content] = readOutput([{ ...item, arguments: '' }])
    if (content?.type !== 'tool-call') return
    events.push({ type: 'block-open', output: 0, block: this.#block, content: { ...content, arguments: '' } })
  }

  event(type: string, data: Members, events: Event[]): void {
    if (type === 'response.function_call_arguments.delta') this.#argue(data.delta, events)
    else if (type === 'response.function_call_arguments.done' && !this.#spoken) this.#argue(data.arguments, events)
  }

  close(item: Members, events: Event[]): void {
    if (!this.#spoken) this.#argue(item.arguments, events)
    // An empty string is not JSON; clients would fail on it (acceptance B3).
    if (!this.#spoken) this.#argue('{}', events)
    events.push({ type: 'block-close', output: 0, block: this.#block })
  }

  #argue(text: Json | undefined, events: Event[]): void {
    if (typeof text !== 'string' || text === '') return
    this.#spoken = true
    events.push({ type: 'delta', output: 0, block: this.#block, arguments: text })
  }
}

/** Reasoning is opened by its first words: without any it is encrypted only, or nothing, which its end tells. */
class ReasoningReader implements ItemReader {
  readonly #item: Members
  readonly #next: Numbers
  #block = -1
  /** The part that spoke last. */
  #part: Json | undefined

  constructor(item: Members, next: Numbers) {
    this.#item = item
    this.#next = next
  }

  event(type: string, data: Members, events: Event[]): void {
    const summary = type.startsWith('response.reasoning_summary_text.')
    if (!summary && !type.startsWith('response.reasoning_text.')) return
    const part = summary ? data.summary_index : data.content_index
    const known = this.#block >= 0 && part === this.#part
    const text = type.endsWith('.delta') ? data.delta : known ? undefined : data.text
    if (typeof text !== 'string' || text === '') return
    if (this.#block < 0) this.#open(summary ? 'summary' : 'content', events)
    else if (!known) events.push({ type: 'delta', output: 0, block: this.#block, text: PARAGRAPH })
    this.#part = part
    events.push({ type: 'delta', output: 0, block: this.#block, text })
  }

  close(item: Members, events: Event[]): void {
    if (this.#block < 0) {
      pushWhole([readReasoning(new ObjectReader(item, undefined), item)], this.#next, events)
      return
    }
    const signature = item.encrypted_content
    if (typeof signature === 'string') events.push({ type: 'delta', output: 0, block: this.#block, signature })
    events.push({ type: 'block-close', output: 0, block: this.#block })
  }

  #open(member: string, events: Event[]): void {
    this.#block = this.#next()
    const reader = new ObjectReader(this.#item, undefined)
    reader.take('encrypted_content')
    reader.take(member)
    const notes = { ...takeWire(reader, ['type', 'id', 'status']), $member: member }
    const content: ReasoningBlock = { type: 'reasoning', text: '', ...extraOf(reader.rest(), notes) }
    events.push({ type: 'block-open', output: 0, block: this.#block, content })
  }
}
