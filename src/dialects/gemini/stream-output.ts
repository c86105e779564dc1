import type { Block, ReasoningBlock, TextBlock } from '../../call/block.ts'
import type { Event } from '../../call/event.ts'
import { Joined } from '../../call/extra.ts'
import { readFinish } from './finish.ts'
import type { CallIds } from './ids.ts'
import { DIALECT, extraOf, isObject, leftover, type Members, unlessMalformed } from './members.ts'
import { readPart } from './parts-read.ts'
import { CANDIDATE } from './response.ts'

const CONTENT = new Set(['parts', 'role'])

/** Reads one candidate of a stream. Texts of one kind that follow each other are one block; all else comes whole. */
export class OutputReader {
  readonly #output: number
  readonly #ids: CallIds
  #blocks = 0
  /** The kind of the block that is open, '' when there is none. */
  #open: 'text' | 'reasoning' | '' = ''
  #calls = false
  readonly #extra = new Joined('replace')
  #reason: string | undefined
  #over = false

  constructor(output: number, ids: CallIds) {
    this.#output = output
    this.#ids = ids
  }

  /** It has said why it ends; content may still follow. */
  get finished(): boolean {
    return this.#reason !== undefined
  }

  /** The candidate of one chunk; false for one that cannot be understood. */
  push(candidate: Members, events: Event[]): boolean {
    if (this.#over) return true
    const content = isObject(candidate.content) ? candidate.content : {}
    for (const part of Array.isArray(content.parts) ? content.parts : []) {
      const block = unlessMalformed(() => readPart(part, 'content.parts', this.#ids))
      if (block === undefined) return false
      this.#part(block, events)
    }
    const { finishReason: reason, index } = candidate
    const wire = index === undefined ? {} : { $wire: { index } }
    const told = { ...leftover(candidate, CANDIDATE), ...leftover(content, CONTENT, 'content.'), ...wire }
    this.#extra.add(told)
    if (typeof reason === 'string') this.#reason = reason
    // Nothing follows a filter, and another model may be asked at once.
    if (readFinish(this.#reason, false).reason === 'content-filter') this.finish(events)
    return true
  }

  /** The stream has ended, and with it the candidate. */
  finish(events: Event[]): void {
    if (this.#over) return
    this.#over = true
    this.#close(events)
    events.push({
      type: 'finish',
      output: this.#output,
      finish: readFinish(this.#reason, this.#calls),
      ...extraOf({ ...this.#extra.whole(), $finish: this.#reason as string }),
    })
  }

  #part(block: Block, events: Event[]): void {
    if (block.type === 'text' || block.type === 'reasoning') this.#say(block, events)
    else this.#whole(block, events)
  }

  /** A signature may come alone, in an empty text behind the last one: it belongs to the block that is open. */
  #say(block: TextBlock | ReasoningBlock, events: Event[]): void {
    const { text, extra } = block
    const signature = block.type === 'reasoning' ? block.signature : undefined
    const told = extra?.[DIALECT] ?? {}
    if (text === '' && signature === undefined && Object.keys(told).length === 0) return
    if (this.#open !== block.type) {
      this.#close(events)
      this.#open = block.type
      const content: Block = { type: block.type, text: '', at: this.#place() }
      events.push({ type: 'block-open', output: this.#output, block: this.#blocks, content })
    }
    const place = { output: this.#output, block: this.#blocks }
    if (text !== '') events.push({ type: 'delta', ...place, text })
    if (signature !== undefined) events.push({ type: 'delta', ...place, signature })
    if (extra !== undefined) events.push({ type: 'delta', ...place, extra })
  }

  #whole(block: Block, events: Event[]): void {
    this.#close(events)
    const content = { ...block, at: this.#place() }
    const place = { output: this.#output, block: this.#blocks }
    this.#blocks += 1
    if (content.type === 'tool-call') {
      this.#calls = true
      events.push({ type: 'block-open', ...place, content: { ...content, arguments: '' } })
      events.push({ type: 'delta', ...place, arguments: content.arguments })
    } else {
      events.push({ type: 'block-open', ...place, content })
    }
    events.push({ type: 'block-close', ...place })
  }

  /** Where the next block would stand in an answer without a stream. */
  #place(): string {
    return `content.parts.${this.#blocks}`
  }

  #close(events: Event[]): void {
    if (this.#open === '') return
    events.push({ type: 'block-close', output: this.#output, block: this.#blocks })
    this.#open = ''
    this.#blocks += 1
  }
}
