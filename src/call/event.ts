import type { Block, Extra } from './block.ts'
import type { Fault } from './fault.ts'
import type { Finish, Usage } from './result.ts'

/**
 * A stream in the neutral form: `start`, then for each block `block-open`, `delta`..., `block-close` (blocks may
 * overlap), a `finish` for each output, and `end` once, last. `error` may stand in the place of `end`; nothing follows either.
 * `output` numbers the answers (0 unless several were requested), `block` the blocks within one output, from 0.
 */
export type Event =
  | StartEvent
  | BlockOpenEvent
  | DeltaEvent
  | BlockCloseEvent
  | FinishEvent
  | UsageEvent
  | PingEvent
  | EndEvent
  | ErrorEvent

export interface StartEvent {
  readonly type: 'start'
  readonly id: string
  readonly model: string
  readonly created?: number
  /** What is known of the input at the start (Anthropic's `message_start`). */
  readonly usage?: Usage
  readonly extra?: Extra
}

/** `content` is the block as it begins: empty text, a tool call's id and name with empty arguments, an opaque block whole. */
export interface BlockOpenEvent {
  readonly type: 'block-open'
  readonly output: number
  readonly block: number
  readonly content: Block
}

/** A piece of a block; exactly one of the members that hold pieces is set. */
export interface DeltaEvent {
  readonly type: 'delta'
  readonly output: number
  readonly block: number
  /** Of a text or reasoning block. */
  readonly text?: string
  /** Of a tool call: a piece of the JSON text. */
  readonly arguments?: string
  /** Of a reasoning block, verbatim. */
  readonly signature?: string
  /** Of any block: members that only the named dialect understands (citations, logprobs). */
  readonly extra?: Extra
}

interface BlockCloseEvent {
  readonly type: 'block-close'
  readonly output: number
  readonly block: number
}

export interface FinishEvent {
  readonly type: 'finish'
  readonly output: number
  readonly finish: Finish
  readonly extra?: Extra
}

/** Usage known so far, cumulative: a later report replaces an earlier one member by member, never adds to it. */
interface UsageEvent {
  readonly type: 'usage'
  readonly usage: Usage
}

interface PingEvent {
  readonly type: 'ping'
}

export interface EndEvent {
  readonly type: 'end'
  /** The final usage: the last known value of each member. */
  readonly usage?: Usage
  readonly extra?: Extra
}

interface ErrorEvent {
  readonly type: 'error'
  readonly fault: Fault
  /** The reader could not understand the vendor's event, which others may: the fault is the reader's own. */
  readonly unread?: true
}
