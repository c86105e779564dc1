import type { Block, Extra } from './block.ts'
import type { Json } from './json.ts'

/** Why an answer ended, in one vocabulary; `raw` is the vendor's own word. */
export type FinishReason =
  | 'stop'
  | 'length'
  | 'stop-sequence'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'pause'
  | 'other'

export interface Finish {
  readonly reason: FinishReason
  readonly raw?: string
  /** The stop sequence that was met. */
  readonly sequence?: string
}

/** Tokens. `input` = uncached + cacheRead + cacheWrite; `reasoning` is part of `output`. */
export interface Usage {
  readonly input: number
  readonly output: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  readonly reasoning?: number
  /** Counted by the gateway, or to be: the vendor reported nothing, or what cannot be true. */
  readonly estimated?: boolean
  /** The vendor's own report, verbatim, under its dialect's name. */
  readonly raw?: { readonly dialect: string; readonly value: Json }
}

/** One of the answers of a call (more than one only where the call sets `choices`). */
export interface Output {
  readonly blocks: readonly Block[]
  readonly finish: Finish
  readonly extra?: Extra
}

/** A whole answer. */
export interface Result {
  readonly id: string
  readonly model: string
  /** Seconds since 1970, where the vendor says so. */
  readonly created?: number
  readonly outputs: readonly Output[]
  readonly usage?: Usage
  readonly extra?: Extra
}
