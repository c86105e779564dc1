import type { Block } from '../../call/block.ts'
import type { Event } from '../../call/event.ts'
import { escaped, Joined } from '../../call/extra.ts'
import type { Json } from '../../call/json.ts'
import { readFinish } from './finish.ts'
import { DIALECT, extraOf, isObject, type Members } from './members.ts'
import { readPart, thinkingText } from './part-read.ts'
import { PLAIN_REASONING, readDetail } from './reasoning-read.ts'
import { CallReader } from './stream-calls.ts'

const CHOICE_MEMBERS: ReadonlySet<string> = new Set(['index', 'delta', 'finish_reason', 'logprobs'])

const DELTA_MEMBERS: ReadonlySet<string> = new Set([
  ...['role', 'content', 'refusal', 'audio', 'tool_calls', 'function_call'],
  ...['reasoning_content', 'reasoning', 'reasoning_details'],
])

/** Reads the choices of one output (one `index`) of a stream. Text and reasoning follow each other; calls may overlap. */
export class OutputReader {
  readonly #output: number
  readonly #calls: CallReader
  #blocks = 0
  /** What the open text or reasoning block is (`text`, `refusal`, a reasoning member), '' when there is none. */
  #kind = ''
  #open = -1
  /** The text so far of an open block of plain reasoning. */
  #thought = ''
  #refused = false
  readonly #speech = new Joined('append')
  readonly #extra = new Joined('replace')
  /** Why it ends, null until that is said. */
  #word: Json = null
  #over = false

  constructor(output: number) {
    this.#output = output
    this.#calls = new CallReader(output, () => this.#blocks++)
  }

  /** It has said why it ends; content may still follow. */
  get finished(): boolean {
    return this.#word !== null
  }

  /** One choice of a chunk. */
  push(choice: Members, events: Event[]): void {
    if (this.#over) return
    if (isObject(choice.delta)) this.#delta(choice.delta, events)
    if (isObject(choice.logprobs)) this.#logprobs(choice.logprobs, events)
    for (const name in choice) {
      if (!CHOICE_MEMBERS.has(name)) this.#keep(escaped(name), choice[name])
    }
    // Servers exist that say '' in the place of null: the answer goes on.
    this.#word = choice.finish_reason || this.#word
    // Nothing follows a filter, and another model may be asked at once.
    if (this.#word === 'content_filter') this.finish(events)
  }

  /** The stream has ended, and with it the output: closes what is open, and says why it ended, where the vendor did. */
  finish(events: Event[]): void {
    if (this.#over) return
    this.#over = true
    const word = this.#word ?? undefined
    this.#close(events)
    const speech = this.#speech.whole()
    if (speech !== undefined) this.#whole(speechBlock(speech), events)
    this.#calls.close(events)
    events.push({
      type: 'finish',
      output: this.#output,
      finish: readFinish(word, { calls: this.#calls.any, refusal: this.#refused }),
      ...extraOf(this.#extra.whole() ?? {}, { ...(word !== undefined && { $finish: word }) }),
    })
  }

  #delta(delta: Members, events: Event[]): void {
    this.#reasoning(delta, events)
    const { content, refusal } = delta
    if (typeof content === 'string') {
      if (content !== '') this.#say('text', content, textBlock, events)
    } else if (Array.isArray(content)) {
      for (const part of content) this.#part(part, events)
    }
    if (typeof refusal === 'string' && refusal !== '') {
      this.#refused = true
      this.#say('refusal', refusal, refusalBlock, events)
    }
    if (isObject(delta.audio)) this.#speech.add(delta.audio)
    if (Array.isArray(delta.tool_calls)) this.#tools(delta.tool_calls, events)
    if (isObject(delta.function_call)) {
      this.#close(events)
      this.#calls.pushLegacy(delta.function_call, events)
    }
    for (const name in delta) {
      if (!DELTA_MEMBERS.has(name)) this.#keep(`message.${name}`, delta[name])
    }
  }

  #tools(items: readonly Json[], events: Event[]): void {
    if (items.length === 0) return
    this.#close(events)
    for (const item of items) this.#calls.push(item, events)
  }

  #reasoning(delta: Members, events: Event[]): void {
    const details = delta.reasoning_details
    if (Array.isArray(details) && details.length > 0) {
      for (const item of details) this.#detail(item, events)
      return
    }
    for (const member of PLAIN_REASONING) {
      const text = delta[member]
      if (typeof text !== 'string' || text === '') continue
      this.#say(member, text, () => ({ type: 'reasoning', text: '', ...extraOf({ $member: member }) }), events)
      this.#thought += text
      return
    }
  }

  /** OpenRouter streams the text of one item in pieces, and its signature in one more with the same index. */
  #detail(item: Json, events: Event[]): void {
    const block = readDetail(item, undefined)
    if (block.type !== 'reasoning' || block.redacted !== undefined) {
      this.#close(events)
      this.#whole(block, events)
      return
    }
    const { text, signature, ...rest } = block
    if (signature !== undefined && text !== '' && text === this.#thought && this.#isPlainReasoning()) {
      // The whole block once more, with its signature, behind its text in a plain member: this gateway's own form.
      events.push({ type: 'delta', output: this.#output, block: this.#open, signature })
      this.#close(events)
      return
    }
    const kind = `reasoning_details ${isObject(item) ? `${item.type} ${item.index ?? ''}` : ''}`
    this.#say(kind, text, () => ({ ...rest, text: '' }), events)
    if (signature !== undefined) events.push({ type: 'delta', output: this.#output, block: this.#open, signature })
  }

  /** Mistral's content lists: pieces of thinking and of text, or parts that come whole. */
  #part(part: Json, events: Event[]): void {
    const block = readPart(part, undefined)
    if (block.type === 'text') {
      if (block.text !== '') this.#say('text', block.text, textBlock, events)
    } else if (block.type === 'reasoning') {
      const pieces = isObject(part) && Array.isArray(part.thinking) ? part.thinking.map(thinkingText).join('') : ''
      if (pieces !== '') this.#say('thinking', pieces, thinkingBlock, events)
      const more = block.extra?.[DIALECT]?.thinking
      if (more !== undefined) this.#keep('message.thinking', more)
    } else {
      this.#close(events)
      this.#whole(block, events)
    }
  }

  /** A piece of text or reasoning; opens its block when another kind, or none, is open. */
  #say(kind: string, text: string, opening: () => Block, events: Event[]): void {
    if (this.#kind !== kind) {
      this.#close(events)
      this.#kind = kind
      this.#thought = ''
      this.#open = this.#blocks++
      events.push({ type: 'block-open', output: this.#output, block: this.#open, content: opening() })
    }
    if (text !== '') events.push({ type: 'delta', output: this.#output, block: this.#open, text })
  }

  #close(events: Event[]): void {
    if (this.#kind === '') return
    this.#kind = ''
    events.push({ type: 'block-close', output: this.#output, block: this.#open })
  }

  #isPlainReasoning(): boolean {
    return this.#kind === 'reasoning_content' || this.#kind === 'reasoning'
  }

  #whole(content: Block, events: Event[]): void {
    const block = this.#blocks++
    events.push({ type: 'block-open', output: this.#output, block, content })
    events.push({ type: 'block-close', output: this.#output, block })
  }

  /** Log probabilities of the text in the same chunk; without text they are the output's. */
  #logprobs(logprobs: Members, events: Event[]): void {
    const isText = this.#kind === 'text' || this.#kind === 'refusal'
    if (!isText) this.#keep('logprobs', logprobs)
    else events.push({ type: 'delta', output: this.#output, block: this.#open, extra: { [DIALECT]: { logprobs } } })
  }

  /** A member without a word in the hub, for the finish event; most vendors repeat the same value in every chunk. */
  #keep(name: string, value: Json | undefined): void {
    if (value !== undefined && value !== null) this.#extra.add({ [name]: value })
  }
}

function textBlock(): Block {
  return { type: 'text', text: '' }
}

function refusalBlock(): Block {
  return { type: 'text', text: '', refusal: true }
}

function thinkingBlock(): Block {
  return { type: 'reasoning', text: '', ...extraOf({ $member: 'thinking' }) }
}

function speechBlock(value: Members): Block {
  return { type: 'opaque', dialect: DIALECT, value, ...extraOf({ $member: 'audio' }) }
}
