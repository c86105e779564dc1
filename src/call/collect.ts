import type { Block, Extra } from './block.ts'
import type { BlockOpenEvent, DeltaEvent, Event, StartEvent } from './event.ts'
import { Joined } from './extra.ts'
import type { Fault } from './fault.ts'
import type { Finish, Output, Result, Usage } from './result.ts'

/** A block that is still growing: as it was opened, and the pieces that came since. */
interface OpenBlock {
  readonly opened: Block
  text: string
  arguments: string
  signature: string | undefined
  readonly extra: Joined<Extra>
}

interface OpenOutput {
  readonly blocks: (OpenBlock | undefined)[]
  finish: Finish | undefined
  readonly extra: Joined<Extra>
}

/**
 * Assembles the events of a stream to the answer that the vendor would have given without a stream. Pieces in a
 * delta's `extra` are joined (strings and lists appended); `extra` of `finish` and `end` replaces what came before.
 */
export class Collector {
  #start: StartEvent | undefined
  readonly #outputs: (OpenOutput | undefined)[] = []
  #usage: Usage | undefined
  readonly #extra = new Joined<Extra>('replace')
  #fault: Fault | undefined

  /** The error that ended the stream; `result()` is then what had come until there. */
  get fault(): Fault | undefined {
    return this.#fault
  }

  /** Takes the next event. Events that name a block which was never opened are ignored. */
  push(event: Event): void {
    switch (event.type) {
      case 'start':
        this.#start = event
        this.#extra.add(event.extra)
        this.#report(event.usage)
        break
      case 'block-open':
        this.#open(event)
        break
      case 'delta':
        this.#grow(event)
        break
      case 'finish': {
        const output = this.#output(event.output)
        output.finish = event.finish
        output.extra.add(event.extra)
        break
      }
      case 'usage':
        this.#report(event.usage)
        break
      case 'end':
        this.#extra.add(event.extra)
        this.#report(event.usage)
        break
      case 'error':
        this.#fault = event.fault
    }
  }

  /** The answer so far. An output that has not finished has the reason `other`; the id is empty before `start`. */
  result(): Result {
    const extra = this.#extra.whole()
    return {
      id: this.#start?.id ?? '',
      model: this.#start?.model ?? '',
      ...(this.#start?.created !== undefined && { created: this.#start.created }),
      outputs: Array.from(this.#outputs, closeOutput),
      ...(this.#usage !== undefined && { usage: this.#usage }),
      ...(extra !== undefined && { extra }),
    }
  }

  #report(usage: Usage | undefined): void {
    if (usage !== undefined) this.#usage = this.#usage === undefined ? usage : { ...this.#usage, ...usage }
  }

  #output(index: number): OpenOutput {
    let output = this.#outputs[index]
    if (output === undefined) {
      output = { blocks: [], finish: undefined, extra: new Joined('replace') }
      this.#outputs[index] = output
    }
    return output
  }

  #open(event: BlockOpenEvent): void {
    const opened = event.content
    this.#output(event.output).blocks[event.block] = {
      opened,
      text: opened.type === 'text' || opened.type === 'reasoning' ? opened.text : '',
      arguments: opened.type === 'tool-call' ? opened.arguments : '',
      signature: opened.type === 'reasoning' ? opened.signature : undefined,
      extra: new Joined('append', opened.extra),
    }
  }

  #grow(event: DeltaEvent): void {
    const block = this.#outputs[event.output]?.blocks[event.block]
    if (block === undefined) return
    if (event.text !== undefined) block.text += event.text
    if (event.arguments !== undefined) block.arguments += event.arguments
    if (event.signature !== undefined) block.signature = (block.signature ?? '') + event.signature
    block.extra.add(event.extra)
  }
}

function closeOutput(output: OpenOutput | undefined): Output {
  if (output === undefined) return { blocks: [], finish: { reason: 'other' } }
  const extra = output.extra.whole()
  return {
    blocks: output.blocks.filter(block => block !== undefined).map(closeBlock),
    finish: output.finish ?? { reason: 'other' },
    ...(extra !== undefined && { extra }),
  }
}

function closeBlock(block: OpenBlock): Block {
  const extra = block.extra.whole()
  const whole = extra === undefined ? block.opened : { ...block.opened, extra }
  switch (whole.type) {
    case 'text':
      return { ...whole, text: block.text }
    case 'reasoning':
      return { ...whole, text: block.text, ...(block.signature !== undefined && { signature: block.signature }) }
    case 'tool-call':
      return { ...whole, arguments: block.arguments === '' ? '{}' : block.arguments }
    default:
      return whole
  }
}
