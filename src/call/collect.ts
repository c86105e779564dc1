import type { Block, Extra } from './block.ts'
import type { BlockOpenEvent, DeltaEvent, Event, StartEvent } from './event.ts'
import { mergeExtra } from './extra.ts'
import type { Fault } from './fault.ts'
import type { Finish, Output, Result, Usage } from './result.ts'

/** A block that is still growing: as it was opened, and the pieces that came since. */
interface OpenBlock {
  readonly opened: Block
  text: string
  arguments: string
  signature: string | undefined
  extra: Extra | undefined
}

interface OpenOutput {
  readonly blocks: (OpenBlock | undefined)[]
  finish: Finish | undefined
  extra: Extra | undefined
}

/**
 * Puts the events of a stream together to the answer that the vendor would have given without a stream. Pieces in a
 * delta's `extra` are joined (strings and lists appended); `extra` of `finish` and `end` replaces what came before.
 */
export class Collector {
  #start: StartEvent | undefined
  readonly #outputs: (OpenOutput | undefined)[] = []
  #usage: Usage | undefined
  #extra: Extra | undefined
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
        this.#extra = mergeExtra(this.#extra, event.extra, 'replace')
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
        output.extra = mergeExtra(output.extra, event.extra, 'replace')
        break
      }
      case 'usage':
        this.#report(event.usage)
        break
      case 'end':
        this.#extra = mergeExtra(this.#extra, event.extra, 'replace')
        this.#report(event.usage)
        break
      case 'error':
        this.#fault = event.fault
    }
  }

  /** The answer so far. An output that has not finished has the reason `other`; the id is empty before `start`. */
  result(): Result {
    return {
      id: this.#start?.id ?? '',
      model: this.#start?.model ?? '',
      ...(this.#start?.created !== undefined && { created: this.#start.created }),
      outputs: Array.from(this.#outputs, closeOutput),
      ...(this.#usage !== undefined && { usage: this.#usage }),
      ...(this.#extra !== undefined && { extra: this.#extra }),
    }
  }

  #report(usage: Usage | undefined): void {
    if (usage !== undefined) this.#usage = this.#usage === undefined ? usage : { ...this.#usage, ...usage }
  }

  #output(index: number): OpenOutput {
    let output = this.#outputs[index]
    if (output === undefined) {
      output = { blocks: [], finish: undefined, extra: undefined }
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
      extra: opened.extra,
    }
  }

  #grow(event: DeltaEvent): void {
    const block = this.#outputs[event.output]?.blocks[event.block]
    if (block === undefined) return
    if (event.text !== undefined) block.text += event.text
    if (event.arguments !== undefined) block.arguments += event.arguments
    if (event.signature !== undefined) block.signature = (block.signature ?? '') + event.signature
    if (event.extra !== undefined) block.extra = mergeExtra(block.extra, event.extra, 'append')
  }
}

function closeOutput(output: OpenOutput | undefined): Output {
  if (output === undefined) return { blocks: [], finish: { reason: 'other' } }
  return {
    blocks: output.blocks.filter(block => block !== undefined).map(closeBlock),
    finish: output.finish ?? { reason: 'other' },
    ...(output.extra !== undefined && { extra: output.extra }),
  }
}

function closeBlock(block: OpenBlock): Block {
  const whole = block.extra === undefined ? block.opened : { ...block.opened, extra: block.extra }
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
