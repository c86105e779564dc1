import type { Event } from '../call/event.ts'
import type { Fault } from '../call/fault.ts'
import { deadlines, type Expirable } from '../upstream/deadlines.ts'
import type { FailedOutcome } from '../upstream/failure.ts'
import type { Flow, FlowConsumer, FlowItem } from './flow.ts'

/** A stream without content is committed this long (ms) after its opening event: the model may be thinking. */
const COMMIT_AFTER = 10_000
/** No vendor sends this much before the first content: a stream that does is committed. */
const MOST_HELD_BYTES = 1024 * 1024

/** Committed, with what has come so far and perhaps its end; or a failed attempt, of which the client has seen nothing. */
type HoldResult =
  | { readonly type: 'committed'; readonly items: readonly FlowItem[]; readonly ended?: readonly Event[] }
  | { readonly type: 'faulted'; readonly fault: Fault }
  | { readonly type: 'failed'; readonly failure: FailedOutcome; readonly items: readonly FlowItem[] }

/**
 * Waits until a stream has shown content, an end, or an error. Until then nothing goes to the client, so an error that
 * comes inside a 200 (Anthropic's `overloaded_error`, a cut socket) can still be answered by the next target. `verbatim`
 * says that the client gets the bytes unchanged: then an event that we cannot read is content like any other.
 */
export function hold(flow: Flow, verbatim: boolean): Promise<HoldResult> {
  return new Promise(resolve => {
    flow.consume(new Holder(flow, verbatim, resolve))
  })
}

class Holder implements FlowConsumer, Expirable {
  dueTick = 0
  slot = -1
  readonly #flow: Flow
  readonly #verbatim: boolean
  readonly #resolve: (result: HoldResult) => void
  readonly #items: FlowItem[] = []
  #bytes = 0

  constructor(flow: Flow, verbatim: boolean, resolve: (result: HoldResult) => void) {
    this.#flow = flow
    this.#verbatim = verbatim
    this.#resolve = resolve
  }

  items(items: readonly FlowItem[]): void {
    this.#items.push(...items)
    for (const { bytes, events } of items) {
      this.#bytes += bytes.length
      for (const event of events) if (this.#decides(event)) return
    }
    if (this.#bytes > MOST_HELD_BYTES) this.#commit()
  }

  /** True when the event has decided it. */
  #decides(event: Event): boolean {
    if (event.type === 'error' && !(event.unread && this.#verbatim)) {
      this.#faulted(event.fault)
      return true
    }
    if (event.type === 'error' || isContent(event)) {
      this.#commit()
      return true
    }
    if (event.type === 'start') {
      this.dueTick = deadlines.after(COMMIT_AFTER)
      deadlines.watch(this)
    }
    return false
  }

  end(events: readonly Event[]): void {
    const error = events.find(event => event.type === 'error')
    if (error !== undefined) this.#faulted(error.fault)
    else this.#settle({ type: 'committed', items: this.#items, ended: events })
  }

  fail(failure: FailedOutcome): void {
    this.#settle({ type: 'failed', failure, items: this.#items })
  }

  onDue(): void {
    this.#commit()
  }

  #commit(): void {
    this.#flow.hold()
    this.#settle({ type: 'committed', items: this.#items })
  }

  #faulted(fault: Fault): void {
    this.#flow.abort()
    this.#settle({ type: 'faulted', fault })
  }

  #settle(result: HoldResult): void {
    deadlines.forget(this)
    this.#resolve(result)
  }
}

/** Text, reasoning, a tool call, something opaque, or an end: what commits the stream. */
export function isContent(event: Event): boolean {
  switch (event.type) {
    case 'delta':
      return event.text !== '' && event.arguments !== ''
    case 'block-open':
      return event.content.type !== 'text' && event.content.type !== 'reasoning'
    case 'finish':
    case 'end':
      return true
    default:
      return false
  }
}
