import type { Call, Operation } from '../call/call.ts'
import type { Event } from '../call/event.ts'
import type { Fault } from '../call/fault.ts'
import type { Json, JsonObject } from '../call/json.ts'
import type { Loss } from '../call/loss.ts'
import type { FinishReason, Result, Usage } from '../call/result.ts'
import type { Frame, Framing } from './framing.ts'

export type { Frame }

/** What the path of a request says in dialects that say it there: which model, and what is asked of it. */
export interface PathWords {
  readonly model: string
  readonly stream: boolean
  readonly operation: Operation
  /** The stream is wanted as one JSON array, element by element, and not as server-sent events. */
  readonly array?: true
}

/** What a route hands to a dialect. */
export interface WireRequest {
  readonly json: JsonObject
  /** Set in dialects that have `readPath`. */
  readonly path?: Pick<PathWords, 'model' | 'stream'> & Partial<Pick<PathWords, 'operation'>>
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
}

/** What an answer says of itself. */
export interface Report {
  readonly usage?: Usage
  readonly finish?: FinishReason
}

export interface EventReader {
  /** Takes one frame, returns what it says. A malformed frame gives an `error` event that is `unread`, never a throw. */
  push(frame: Frame): Event[]
  /** The bytes have ended. Without the vendor's own terminator this gives an `error` event (a cut stream), else nothing. */
  end(): Event[]
}

export interface EventWriter {
  push(event: Event): Frame[]
  end(): Frame[]
  /** What could not be expressed so far. */
  readonly losses: readonly Loss[]
}

/** A wire format. Pure and synchronous: inputs are never changed, nothing is awaited, no clock and no randomness. */
export interface Dialect {
  readonly name: string
  /**
   * In dialects whose bodies name no model: what `path`, the part of a request's path behind the door's own, says in its
   * place; `query` is the client's. Undefined for a path that leads nowhere.
   */
  readPath?(path: string, query: Readonly<Record<string, unknown>>): PathWords | undefined
  /** Throws an InvalidRequest (errors.ts) that names the member when the request cannot be understood. */
  readRequest(request: WireRequest): Call
  writeRequest(call: Call): { body: JsonObject; headers?: Record<string, string>; losses: Loss[] }
  /** Throws when the body is not an answer of this dialect. */
  readResponse(json: Json): Result
  /** Usage and end of an answer that is only passed on, without reading its content. Throws when it is no answer of this dialect. */
  readReport(json: Json): Report
  writeResponse(result: Result): { body: JsonObject; losses: Loss[] }
  /** A stream reports its usage only where the request asks for it (`stream_options.include_usage`). */
  readonly usageOnRequest?: true
  eventReader(): EventReader
  /** What may stand between two events of a stream that has begun, as it is on the wire; clients read it and learn nothing. */
  readonly keepAlive: string | Buffer
  /** How its streams stand on the wire; server-sent events unless set. */
  readonly framing?: Framing
  /** `call` is the client's call: a writer looks there for what the client asked of its stream (`includeUsage`). */
  eventWriter(call: Call): EventWriter
  /**
   * `json` is undefined where the body was not JSON. A status below 400 says nothing of the error: then the fault has the
   * status that belongs to its words, as an error inside a stream has.
   */
  readError(status: number, json: Json | undefined): Fault
  /** `requestId` is our id of the request, for dialects whose errors name it. */
  writeError(fault: Fault, requestId?: string): { status: number; body: JsonObject }
  /** An error inside a stream that has begun. */
  writeErrorFrames(fault: Fault, requestId?: string): Frame[]
}
