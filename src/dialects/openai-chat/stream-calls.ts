import type { ToolCallBlock } from '../../call/block.ts'
import type { Event } from '../../call/event.ts'
import type { Json } from '../../call/json.ts'
import { DIALECT, extraOf, isObject, type Members, ObjectReader } from './members.ts'
import { readThoughtSignature } from './thought-signature.ts'

/** Members of an item that only repeat what its first piece said, or that are read. */
const ITEM: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'custom'])

/** A tool call that grows over several chunks. `block` is -1 until it has been opened. */
interface GrowingCall {
  readonly key: string
  readonly first: Members
  readonly legacy: boolean
  block: number
  id: string
  name: string
  /** Pieces that came before the call could be opened. */
  waiting: string
  /** Something was sent as arguments. */
  spoken: boolean
  /** A custom tool's call, whose input is free text; undefined for functions. */
  input: string | undefined
}

/**
 * The tool calls of one output. Pieces of several calls may interleave, so that every call stays open until the output
 * finishes. `next` hands out block numbers.
 */
export class CallReader {
  readonly #output: number
  readonly #next: () => number
  readonly #calls: GrowingCall[] = []

  constructor(output: number, next: () => number) {
    this.#output = output
    this.#next = next
  }

  /** True once there is a call. */
  get any(): boolean {
    return this.#calls.length > 0
  }

  /** One item of `delta.tool_calls`. */
  push(item: Json, events: Event[]): void {
    if (!isObject(item)) return
    const known = this.#find(item)
    const call = known ?? this.#begin(item, `${item.index ?? item.id ?? this.#calls.length}`, false)
    if (isObject(item.custom)) this.#custom(call, item.custom)
    else if (isObject(item.function)) this.#grow(call, item.function, events)
    if (known !== undefined && call.block >= 0) this.#annotate(call, item, events)
  }

  /** `delta.function_call`, the form before tools: one call, no id. */
  pushLegacy(call: Members, events: Event[]): void {
    const known = this.#calls.find(entry => entry.legacy)
    this.#grow(known ?? this.#begin({ function: call }, 'function_call', true), call, events)
  }

  /** The output finishes: every call gets arguments that are JSON, and is closed. */
  close(events: Event[]): void {
    for (const call of this.#calls) {
      if (call.input !== undefined) this.#openCustom(call, events)
      else {
        if (call.block < 0) this.#open(call, events)
        // An empty string is not JSON; clients would fail on it (acceptance B3).
        if (!call.spoken) this.#argue(call, '{}', events)
      }
      events.push({ type: 'block-close', output: this.#output, block: call.block })
    }
  }

  /** By index; by id where the vendor gives every call the same index; without both it is the last one. */
  #find(item: Members): GrowingCall | undefined {
    const { index, id } = item
    const named = typeof id === 'string' && id !== ''
    for (let at = this.#calls.length - 1; at >= 0; at--) {
      const call = this.#calls[at]
      if (call === undefined || call.legacy) continue
      const sameId = !named || call.id === id || call.id === ''
      if (typeof index === 'number' ? call.key === `${index}` && sameId : named ? call.id === id : true) return call
    }
    return undefined
  }

  #begin(first: Members, key: string, legacy: boolean): GrowingCall {
    const id = typeof first.id === 'string' ? first.id : ''
    const input = isObject(first.custom) ? '' : undefined
    const call = { key, first, legacy, block: -1, id, name: '', waiting: '', spoken: false, input }
    this.#calls.push(call)
    return call
  }

  #grow(call: GrowingCall, piece: Members, events: Event[]): void {
    if (call.name === '' && typeof piece.name === 'string') call.name = piece.name
    const { arguments: raw } = piece
    const text = typeof raw === 'string' ? raw : isObject(raw) ? JSON.stringify(raw) : ''
    if (call.block < 0 && call.name !== '') this.#open(call, events)
    if (text === '') return
    if (call.block < 0) call.waiting += text
    else this.#argue(call, text, events)
  }

  /** What a later piece says beside its arguments. */
  #annotate({ block }: GrowingCall, item: Members, events: Event[]): void {
    for (const name in item) {
      if (ITEM.has(name)) continue
      events.push({ type: 'delta', output: this.#output, block, ...this.#extra(item, false) })
      return
    }
  }

  #argue(call: GrowingCall, text: string, events: Event[]): void {
    call.spoken = true
    events.push({ type: 'delta', output: this.#output, block: call.block, arguments: text })
  }

  #open(call: GrowingCall, events: Event[]): void {
    call.block = this.#next()
    const position = this.#calls.indexOf(call)
    const fallback = call.legacy ? `function_call_${this.#output}` : `call_${position}`
    const content: ToolCallBlock = {
      type: 'tool-call',
      id: call.id === '' ? fallback : call.id,
      name: call.name,
      arguments: '',
      ...this.#extra(call.first, call.legacy),
    }
    events.push({ type: 'block-open', output: this.#output, block: call.block, content })
    if (call.waiting !== '') this.#argue(call, call.waiting, events)
  }

  #extra(item: Members, legacy: boolean): ReturnType<typeof extraOf> {
    const reader = new ObjectReader(item, undefined)
    const wire = reader.takeEach(['type', 'index'])
    reader.take('id')
    const signature = readThoughtSignature(reader)
    const inner = reader.nested('function')
    inner?.take('name')
    inner?.take('arguments')
    const notes: Members = legacy ? { $legacy: true } : { $wire: wire }
    const { extra } = extraOf(reader.rest(), inner?.rest('function.') ?? {}, notes)
    return { extra: { ...extra, ...signature } }
  }

  #custom(call: GrowingCall, piece: Members): void {
    if (typeof piece.name === 'string' && call.name === '') call.name = piece.name
    call.input = `${call.input ?? ''}${typeof piece.input === 'string' ? piece.input : ''}`
  }

  /** Opaque blocks do not grow: a custom call appears whole, when it is complete. */
  #openCustom(call: GrowingCall, events: Event[]): void {
    call.block = this.#next()
    const { index, custom, ...outer } = call.first
    const value = { ...outer, custom: { name: call.name, input: call.input ?? '' } }
    const content = { type: 'opaque' as const, dialect: DIALECT, value, ...extraOf({ $member: 'tool_calls' }) }
    events.push({ type: 'block-open', output: this.#output, block: call.block, content })
  }
}
