import type { Block } from '../../call/block.ts'
import type { DeltaEvent, Event } from '../../call/event.ts'
import { Joined } from '../../call/extra.ts'
import type { Json } from '../../call/json.ts'
import { parseJson } from '../parse-json.ts'
import { DIALECT, extraOf, isObject, leftover, type Members } from './members.ts'

const TOOL_USE = new Set(['toolUseId', 'name', 'type'])

type Piece = Pick<DeltaEvent, 'text' | 'arguments' | 'signature' | 'extra'>

/** A block that only Bedrock understands: the hub takes it whole, so it is held until its stop. */
interface HeldBlock {
  readonly kind: string
  readonly inner: Joined
  /** Pieces of a tool's `input`. */
  input: string
}

/** A content block of a stream, from its first event to its stop, as events of the hub. */
export class BlockGrowth {
  readonly #number: () => number
  /** Its place among the blocks of the answer; none before it has said anything. */
  #block: number | undefined
  #held: HeldBlock | undefined
  /** Encrypted reasoning: the pieces of a blob are base64 each by itself. */
  readonly #redacted: string[] = []
  /** A tool call of which no arguments have come. */
  #silentCall = false

  /** `number` gives the place of the next block that is opened. */
  constructor(number: () => number) {
    this.#number = number
  }

  /** `contentBlockStart`: the one member of `start` says what begins. */
  start(start: Members): Event[] {
    const [kind = ''] = Object.keys(start)
    const inner = start[kind]
    const { toolUseId, name, type } = isObject(inner) ? inner : {}
    const called = kind === 'toolUse' && (type === undefined || type === 'tool_use')
    if (!called || typeof toolUseId !== 'string' || typeof name !== 'string') {
      this.#held = { kind, inner: new Joined('append', isObject(inner) ? inner : {}), input: '' }
      return []
    }
    this.#silentCall = true
    const more = extraOf(leftover(inner as Members, TOOL_USE, 'toolUse.'))
    return this.#open({ type: 'tool-call', id: toolUseId, name, arguments: '', ...more })
  }

  /** `contentBlockDelta`. */
  delta(delta: Members): Event[] {
    const { text, toolUse, reasoningContent, citation } = delta
    if (this.#held !== undefined) {
      hold(this.#held, delta)
      return []
    }
    if (typeof text === 'string') return text === '' ? [] : this.#say({ text }, 'text')
    if (isObject(toolUse)) return this.#argue(toolUse.input)
    if (isObject(reasoningContent)) return this.#reason(reasoningContent)
    if (citation !== undefined) return this.#say({ extra: { [DIALECT]: { citations: [citation] } } }, 'text')
    const [kind = ''] = Object.keys(delta)
    this.#held = { kind, inner: new Joined('append'), input: '' }
    hold(this.#held, delta)
    return []
  }

  /** `contentBlockStop`, or the end of a message that has none. */
  close(): Event[] {
    const opened = this.#openHeld()
    const block = this.#block
    if (block === undefined) return []
    // Clients parse the pieces joined: of a call without arguments they would parse nothing.
    const pieces: Event[] = this.#silentCall ? [{ type: 'delta', output: 0, block, arguments: '{}' }] : []
    return [...opened, ...pieces, { type: 'block-close', output: 0, block }]
  }

  #openHeld(): Event[] {
    if (this.#held !== undefined) return this.#open({ type: 'opaque', dialect: DIALECT, value: wholeOf(this.#held) })
    return this.#redacted.length === 0
      ? []
      : this.#open({ type: 'reasoning', text: '', redacted: blob(this.#redacted) })
  }

  #open(content: Block): Event[] {
    const block = this.#number()
    this.#block = block
    return [{ type: 'block-open', output: 0, block, content: { ...content, at: `output.message.content.${block}` } }]
  }

  #say(piece: Piece, type: 'text' | 'reasoning'): Event[] {
    const opened = this.#block === undefined ? this.#open({ type, text: '' }) : []
    return [...opened, { type: 'delta', output: 0, block: this.#block as number, ...piece }]
  }

  #argue(input: Json | undefined): Event[] {
    if (this.#block === undefined || typeof input !== 'string' || input === '') return []
    this.#silentCall = false
    return [{ type: 'delta', output: 0, block: this.#block, arguments: input }]
  }

  #reason({ text, signature, redactedContent }: Members): Event[] {
    if (typeof redactedContent === 'string') this.#redacted.push(redactedContent)
    if (typeof text === 'string' && text !== '') return this.#say({ text }, 'reasoning')
    return typeof signature === 'string' && signature !== '' ? this.#say({ signature }, 'reasoning') : []
  }
}

/** Adds a delta: pieces of a tool's input are joined as text, lists are what a result holds, objects are merged. */
function hold(held: HeldBlock, delta: Members): void {
  const piece = delta[held.kind]
  if (Array.isArray(piece)) held.inner.add({ content: piece })
  if (!isObject(piece)) return
  const { input, ...members } = piece
  if (held.kind !== 'toolUse' || typeof input !== 'string') held.inner.add(piece)
  else {
    held.input += input
    held.inner.add(members)
  }
}

function wholeOf({ kind, inner, input }: HeldBlock): Json {
  if (kind !== 'toolUse') return { [kind]: inner.whole() ?? {} }
  // Input that was cut is kept as its text.
  return { toolUse: { ...inner.whole(), input: input === '' ? {} : parseJson(input, input) } }
}

function blob(pieces: readonly string[]): string {
  const [only] = pieces
  if (only !== undefined && pieces.length === 1) return only
  return Buffer.concat(pieces.map(piece => Buffer.from(piece, 'base64'))).toString('base64')
}
