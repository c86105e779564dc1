import type { Call, Operation } from '../call/call.ts'
import type { Event } from '../call/event.ts'
import type { Fault } from '../call/fault.ts'
import type { Json, JsonObject } from '../call/json.ts'
import type { Loss } from '../call/loss.ts'
import type { FinishReason, Result, Usage } from '../call/result.ts'
import type { Frame, Framing } from './framing.ts'

export type { Frame }

/** What the path of a request says, in dialects that have the model and the operation there. */
export interface PathWords {
  readonly model: string
  readonly stream: boolean
  readonly operation: Operation
  /** The stream is to be one JSON array, sent element by element, instead of server-sent events. */
  readonly array?: true
}

/** A client's request. */
export interface WireRequest {
  readonly json: JsonObject
  /** Set in dialects that have `readPath`. */
  readonly path?: Pick<PathWords, 'model' | 'stream'> & Partial<Pick<PathWords, 'operation'>>
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
}

/** Usage and finish reason of an answer. */
export interface Report {
  readonly usage?: Usage
  readonly finish?: FinishReason
}

export interface EventReader {
  /** The events of one frame. A malformed frame gives an `error` event that is `unread`; nothing is thrown. */
  push(frame: Frame): Event[]
  /** To be called when the bytes have ended: gives an `error` event if the vendor has not ended the stream (it was cut). */
  end(): Event[]
}

export interface EventWriter {
  push(event: Event): Frame[]
  end(): Frame[]
  /** The losses so far. */
  readonly losses: readonly Loss[]
}

/** A wire format. Pure and synchronous: inputs are never changed, nothing is awaited, no clock and no randomness. */
export interface Dialect {
  readonly name: string
  /**
   * For dialects whose bodies do not name the model: reads `path`, the part of a request's path after that of the route, and the
   * client's `query`. Undefined for an unknown path.
   */
  readPath?(path: string, query: Readonly<Record<string, unknown>>): PathWords | undefined
  /** Throws an InvalidRequest that names the member when the request cannot be understood. */
  readRequest(request: WireRequest): Call
  writeRequest(call: Call): { body: JsonObject; headers?: Record<string, string>; losses: Loss[] }
  /** Throws when the body is not an answer of this dialect. */
  readResponse(json: Json): Result
  /** Usage and finish reason of an answer on the pass lane, without reading its content. Throws when it is not an answer of this dialect. */
  readReport(json: Json): Report
  writeResponse(result: Result): { body: JsonObject; losses: Loss[] }
  /** A stream reports its usage only where the request asks for it (`stream_options.include_usage`). */
  readonly usageOnRequest?: true
  eventReader(): EventReader
  /** Bytes that keep a stream alive between two events; clients ignore them. */
  readonly keepAlive: string | Buffer
  /** The framing of its streams; server-sent events unless set. */
  readonly framing?: Framing
  /** `call` is the client's call, which says what its stream should hold (`includeUsage`). */
  eventWriter(call: Call): EventWriter
  /**
   * `json` is undefined where the body was not JSON. If `status` is below 400, as for an error inside a stream, the status of the
   * fault is derived from the body.
   */
  readError(status: number, json: Json | undefined): Fault
  /** `requestId` is the gateway's id of the request, for dialects whose errors name it. */
  writeError(fault: Fault, requestId?: string): { status: number; body: JsonObject }
  /** An error inside a stream that has begun. */
  writeErrorFrames(fault: Fault, requestId?: string): Frame[]
}
