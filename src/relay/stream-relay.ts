import type { Event } from '../call/event.ts'
import type { Fault } from '../call/fault.ts'
import type { Loss } from '../call/loss.ts'
import type { Dialect, EventWriter, Frame } from '../dialects/dialect.ts'
import type { Framing } from '../dialects/framing.ts'
import { faultOf, UpstreamStream, UpstreamTimeout } from '../errors.ts'
import type { Tally } from '../meter/tally.ts'
import type { FailedOutcome } from '../upstream/failure.ts'
import type { ClientStream } from './client-stream.ts'
import type { Flow, FlowConsumer, FlowItem } from './flow.ts'
import { named } from './named.ts'
import { framingOf } from './sse.ts'
import { cutUsage } from './usage-request.ts'

/** Reads the stream: one client, or a shared call, whose readers send their own keep-alives. */
export type StreamReader = Pick<ClientStream, 'write' | 'end'> & Partial<Pick<ClientStream, 'keepAlive' | 'stop'>>

interface StreamRelayParts {
  readonly flow: Flow
  readonly client: StreamReader
  /** The client's dialect, for errors and keep-alives. */
  readonly dialect: Dialect
  readonly requestId: string
  /** The model that was called, for answers that do not name it. */
  readonly model: string
  /** Set on the translate lane; without it the vendor's bytes go through as they are. */
  readonly writer: EventWriter | undefined
  readonly cutUsage: boolean
  readonly tally: Tally
  /** Called with every event before it is sent to the client. */
  readonly onEvent?: ((event: Event) => void) | undefined
  /** Called once, after the last write and before the client is ended; `fault` says why the stream broke, if it did. */
  onEnd(fault: Fault | undefined, losses: readonly Loss[]): void
}

/** Carries a committed stream to the client, event by event, until its end or the first error; nothing follows either. */
export class StreamRelay implements FlowConsumer {
  readonly #parts: StreamRelayParts
  readonly #framing: Framing
  #done = false
  /** The vendor has sent the end of its answer. */
  #complete = false
  /** The reader failed while the bytes were passed on: what was counted is not all. */
  tapFailed = false

  constructor(parts: StreamRelayParts) {
    this.#parts = parts
    this.#framing = framingOf(parts.dialect)
  }

  /** Sends what was held, then what comes. `ended` is set when the stream was over before it was committed. */
  start(items: readonly FlowItem[], ended: readonly Event[] | undefined): void {
    this.items(items)
    if (ended !== undefined) this.end(ended)
    else if (!this.#done) this.#parts.flow.consume(this)
  }

  items(items: readonly FlowItem[]): void {
    if (this.#done) return
    const { writer, client } = this.#parts
    const out = writer === undefined ? this.#pass(items) : this.#translate(items, writer)
    if (out.length > 0) client.write(out)
    if (!this.#complete) return
    // The client need not wait for the vendor to close the socket.
    this.#conclude([])
    this.#parts.flow.release()
  }

  end(events: readonly Event[]): void {
    if (this.#done) return
    for (const event of events) {
      this.#observe(event)
      if (event.type === 'error') {
        this.#break(event.fault)
        return
      }
    }
    this.#conclude(events)
  }

  #conclude(last: readonly Event[]): void {
    const { writer, client } = this.#parts
    if (writer !== undefined) {
      const frames = [...last.flatMap(event => writer.push(event)), ...writer.end()]
      if (frames.length > 0) client.write(this.#framing.encode(frames))
    }
    this.#finish(undefined)
  }

  fail(failure: FailedOutcome): void {
    if (this.#done) return
    if (failure.kind === 'cancelled') this.#finish(faultOf(UpstreamStream({}, failure.reason)), false)
    else this.#break(faultOf((failure.kind === 'timeout' ? UpstreamTimeout : UpstreamStream)({}, failure.reason)))
  }

  #observe(event: Event): void {
    const { tally, onEvent, client, dialect } = this.#parts
    tally.push(event)
    onEvent?.(event)
    if (event.type === 'end') this.#complete = true
    // Not earlier: a stream of Anthropic's must begin with its start event.
    else if (event.type === 'start') client.keepAlive?.(dialect.keepAlive)
  }

  /** The bytes of whole events as they came, up to and with an error event of the vendor's own. */
  #pass(items: readonly FlowItem[]): Buffer {
    const kept: Buffer[] = []
    for (const item of items) {
      const bytes = this.#parts.cutUsage ? cutUsage(item.bytes) : item.bytes
      if (bytes !== undefined) kept.push(bytes)
      for (const event of item.events) {
        if (event.type !== 'error') {
          this.#observe(event)
        } else if (event.unread) {
          this.tapFailed = true
        } else {
          this.#parts.client.write(Buffer.concat(kept))
          this.#parts.flow.abort()
          this.#finish(event.fault)
          return EMPTY
        }
      }
    }
    return kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept)
  }

  #translate(items: readonly FlowItem[], writer: EventWriter): string | Buffer {
    const out: Frame[] = []
    for (const { events } of items) {
      for (const event of events) {
        this.#observe(event)
        if (event.type === 'error') {
          if (out.length > 0) this.#parts.client.write(this.#framing.encode(out))
          this.#break(event.fault)
          return EMPTY
        }
        for (const frame of writer.push(this.#named(event))) out.push(frame)
      }
    }
    return this.#framing.encode(out)
  }

  #named(event: Event): Event {
    return event.type === 'start' ? named(event, this.#parts.requestId, this.#parts.model) : event
  }

  /** The stream broke on its way: the client reads an error in its own dialect, never a clean end. */
  #break(fault: Fault): void {
    const { client, dialect, requestId, flow } = this.#parts
    client.write(this.#framing.encode(dialect.writeErrorFrames(fault, requestId)))
    flow.abort()
    this.#finish(fault)
  }

  #finish(fault: Fault | undefined, end = true): void {
    this.#done = true
    this.#parts.onEnd(fault, this.#parts.writer?.losses ?? [])
    if (end) this.#parts.client.end()
    else this.#parts.client.stop?.()
  }
}

const EMPTY = Buffer.alloc(0)
