import type { Block, OpaqueBlock } from '../../call/block.ts'
import type { DeltaEvent, Event } from '../../call/event.ts'
import { Joined } from '../../call/extra.ts'
import type { Json } from '../../call/json.ts'
import type { EventReader, Frame } from '../dialect.ts'
import { parseJson } from '../parse-json.ts'
import { cutStream, unreadableStream } from '../stream-errors.ts'
import { readBlock } from './blocks-read.ts'
import { readStreamError } from './errors.ts'
import { readFinish } from './finish.ts'
import { DIALECT, extraOf, isObject, leftover, type Members, unlessMalformed } from './members.ts'
import { messageExtra } from './response.ts'
import { mergeUsage, readUsage } from './usage.ts'

const DELTA_EVENT = new Set(['type', 'delta', 'usage'])
const DELTA = new Set(['stop_reason', 'stop_sequence'])

/** A block between its start and its stop. */
interface OpenBlock {
  readonly number: number
  /** The arguments that stood in `content_block_start`; sent at the stop unless pieces came. */
  unsent: string | undefined
  /** What an opaque block has grown to: the hub takes such a block whole, so it is held until its stop. */
  readonly held: OpaqueBlock | undefined
  /** The members of a held block. */
  readonly grown: Joined
  /** Pieces of a held block's `input`. */
  input: string
}

/** Reads the events of a Messages API stream. Event types that it does not know are passed over, as Anthropic asks. */
export class StreamReader implements EventReader {
  readonly #open = new Map<number, OpenBlock>()
  #blocks = 0
  #started = false
  #finished = false
  #over = false
  #usage: Members | undefined
  readonly #extra = new Joined('replace')

  push(frame: Frame): Event[] {
    if (this.#over) return []
    const data = parseJson(frame.data)
    if (!isObject(data)) return this.#fail('an event that is not a JSON object')
    const type = data.type ?? frame.event
    if (type === 'ping') return [{ type: 'ping' }]
    if (type === 'error' || isObject(data.error)) return this.#end({ type: 'error', fault: readStreamError(data) })
    if (type === 'message_start') return this.#start(data.message)
    return this.#started ? this.#within(type, data) : this.#unstarted(type)
  }

  end(): Event[] {
    if (this.#over) return []
    return this.#end(cutStream())
  }

  #within(type: Json | undefined, data: Members): Event[] {
    switch (type) {
      case 'content_block_delta':
        return this.#delta(data)
      case 'content_block_start':
        return this.#openBlock(data)
      case 'content_block_stop':
        return this.#closeBlock(data.index)
      case 'message_delta':
        return this.#messageDelta(data)
      case 'message_stop':
        return this.#stop()
      default:
        return []
    }
  }

  /** Only events that say something need a message to say it of. */
  #unstarted(type: Json | undefined): Event[] {
    const telling = typeof type === 'string' && /^(content_block|message)_/.test(type)
    return telling ? this.#fail(`${type} before message_start`) : []
  }

  #start(message: Json | undefined): Event[] {
    if (this.#started || !isObject(message)) return this.#fail('a second message_start, or one without a message')
    this.#started = true
    this.#usage = mergeUsage(undefined, message.usage)
    const usage = readUsage(this.#usage)
    return [
      {
        type: 'start',
        id: typeof message.id === 'string' ? message.id : '',
        model: typeof message.model === 'string' ? message.model : '',
        ...(usage !== undefined && { usage }),
        ...extraOf(messageExtra(message)),
      },
    ]
  }

  #openBlock({ index, content_block: json }: Members): Event[] {
    if (typeof index !== 'number' || this.#open.has(index))
      return this.#fail('a content block without an index of its own')
    const block = unlessMalformed(() => readBlock(json ?? null, 'content_block'))
    if (block === undefined || this.#finished) return this.#fail('a content block that cannot be understood')
    const number = this.#blocks++
    const content = { ...block, at: `content.${number}` }
    if (content.type === 'opaque') {
      const grown = new Joined('append', isObject(content.value) ? content.value : undefined)
      this.#open.set(index, { number, unsent: undefined, held: content, grown, input: '' })
      return []
    }
    const { opened, pieces } = emptied(content)
    const unsent = content.type === 'tool-call' ? content.arguments : undefined
    this.#open.set(index, { number, unsent, held: undefined, grown: new Joined('append'), input: '' })
    return [
      { type: 'block-open', output: 0, block: number, content: opened },
      ...pieces.map(piece => ({ type: 'delta' as const, output: 0, block: number, ...piece })),
    ]
  }

  #delta({ index, delta }: Members): Event[] {
    const open = typeof index === 'number' ? this.#open.get(index) : undefined
    if (open === undefined || !isObject(delta)) return this.#fail('a delta of no open content block')
    if (open.held !== undefined) return hold(open, delta)
    const event = deltaEvent(open, delta)
    return event === undefined ? [] : [event]
  }

  #closeBlock(index: Json | undefined): Event[] {
    const open = typeof index === 'number' ? this.#open.get(index) : undefined
    if (open === undefined) return []
    this.#open.delete(index as number)
    return closing(open)
  }

  #messageDelta(data: Members): Event[] {
    const delta = isObject(data.delta) ? data.delta : {}
    const outside = leftover(data, DELTA_EVENT)
    delete outside.type
    const inside = leftover(delta, DELTA)
    delete inside.stop_reason
    delete inside.stop_sequence
    // The writer has to know which of them stood beside `delta`, not in it.
    const notes = Object.keys(outside).length > 0 ? { $event: Object.keys(outside) } : {}
    this.#extra.add({ ...inside, ...outside, ...notes })
    this.#usage = mergeUsage(this.#usage, data.usage)
    const usage = readUsage(this.#usage)
    return [
      ...(usage === undefined ? [] : [{ type: 'usage' as const, usage }]),
      ...(typeof delta.stop_reason === 'string' ? this.#finish(delta) : []),
    ]
  }

  #finish(delta: Members): Event[] {
    if (this.#finished) return []
    this.#finished = true
    const events = [...this.#open.values()].flatMap(closing)
    this.#open.clear()
    return [...events, { type: 'finish', output: 0, ...readFinish(delta.stop_reason, delta.stop_sequence) }]
  }

  #stop(): Event[] {
    const usage = readUsage(this.#usage)
    const finish = this.#finish({})
    const end = { type: 'end' as const, ...(usage !== undefined && { usage }), ...extraOf(this.#extra.whole() ?? {}) }
    return [...finish, ...this.#end(end)]
  }

  #fail(what: string): Event[] {
    return this.#end(unreadableStream(what))
  }

  #end(event: Event): Event[] {
    this.#over = true
    return [event]
  }
}

/** A block as the hub opens it, empty, and what it already held: some vendors send the first words with the start. */
function emptied(content: Block): { opened: Block; pieces: { text?: string; signature?: string }[] } {
  switch (content.type) {
    case 'tool-call':
      return { opened: { ...content, arguments: '' }, pieces: [] }
    case 'text':
      return { opened: { ...content, text: '' }, pieces: content.text === '' ? [] : [{ text: content.text }] }
    case 'reasoning': {
      const { signature, ...unsigned } = content
      const pieces = [
        ...(content.text === '' ? [] : [{ text: content.text }]),
        ...(signature === undefined ? [] : [{ signature }]),
      ]
      return { opened: { ...unsigned, text: '' }, pieces }
    }
    default:
      return { opened: content, pieces: [] }
  }
}

/** What a delta of a block that the hub knows says; nothing for an empty piece. */
function deltaEvent(open: OpenBlock, delta: Members): DeltaEvent | undefined {
  const block = open.number
  switch (delta.type) {
    case 'text_delta':
      return isText(delta.text) ? { type: 'delta', output: 0, block, text: delta.text } : undefined
    case 'thinking_delta':
      return isText(delta.thinking) ? { type: 'delta', output: 0, block, text: delta.thinking } : undefined
    case 'input_json_delta':
      if (!isText(delta.partial_json)) return undefined
      open.unsent = undefined
      return { type: 'delta', output: 0, block, arguments: delta.partial_json }
    case 'signature_delta':
      return isText(delta.signature) ? { type: 'delta', output: 0, block, signature: delta.signature } : undefined
    case 'citations_delta':
      if (delta.citation === undefined) return undefined
      return { type: 'delta', output: 0, block, extra: { [DIALECT]: { citations: [delta.citation] } } }
    default:
      if (typeof delta.type !== 'string') return undefined
      return { type: 'delta', output: 0, block, extra: { [DIALECT]: { [delta.type]: [delta] } } }
  }
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

/** Adds a delta to a block that is held: pieces of `input` are joined as text, members of any other delta by name. */
function hold(open: OpenBlock, delta: Members): Event[] {
  if (delta.type === 'input_json_delta' && typeof delta.partial_json === 'string') {
    open.input += delta.partial_json
  } else {
    const { type: _, ...members } = delta
    open.grown.add(members)
  }
  return []
}

function closing(open: OpenBlock): Event[] {
  const { number: block, held, grown, input } = open
  const close: Event = { type: 'block-close', output: 0, block }
  if (held !== undefined) {
    return [
      {
        type: 'block-open',
        output: 0,
        block,
        content: { ...held, value: withInput(grown.whole() ?? held.value, input) },
      },
      close,
    ]
  }
  if (open.unsent === undefined) return [close]
  return [{ type: 'delta', output: 0, block, arguments: open.unsent }, close]
}

/** A server tool's call with the input that came in pieces; one that was cut is kept as its text. */
function withInput(block: Json, pieces: string): Json {
  if (pieces === '' || !isObject(block)) return block
  return { ...block, input: parseJson(pieces, pieces) }
}
