import type { Event } from '../call/event.ts'
import type { FinishReason, Usage } from '../call/result.ts'

/** Characters a token, on average, in English text with the common tokenizers; for estimates only. */
const CHARACTERS_PER_TOKEN = 4

/** Counts along with an answer: what the vendor says of usage, and what went by in case it never does. */
export class Tally {
  #usage: Usage | undefined
  #characters = 0
  finish: FinishReason | undefined

  /** True once anything of the answer itself has gone by. */
  get started(): boolean {
    return this.#characters > 0
  }

  push(event: Event): void {
    switch (event.type) {
      case 'delta':
        this.#characters += event.text?.length ?? event.arguments?.length ?? 0
        return
      case 'start':
      case 'usage':
      case 'end':
        if (event.usage !== undefined) this.#merge(event.usage)
        return
      case 'finish':
        this.finish = event.finish.reason
        return
      default:
    }
  }

  /**
   * The vendor's usage when the answer came whole. Of one that was cut short, or whose usage was never reported or cannot be true: the input
   * as far as it was reported (else estimated from `requestBytes`) and the tokens that went by, marked as estimated.
   */
  usage(complete: boolean, requestBytes: number): Usage {
    const known = this.#usage
    if (complete && known !== undefined && known.estimated !== true) return known
    const streamed = Math.ceil(this.#characters / CHARACTERS_PER_TOKEN)
    return {
      ...known,
      input: known !== undefined && known.input > 0 ? known.input : Math.ceil(requestBytes / CHARACTERS_PER_TOKEN),
      output: Math.max(known?.output ?? 0, streamed),
      estimated: true,
    }
  }

  /** Reports are cumulative: the last known value of each member holds, nothing is added up. */
  #merge(later: Usage): void {
    this.#usage = this.#usage === undefined ? later : { ...this.#usage, ...later }
  }
}
