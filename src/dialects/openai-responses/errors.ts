import type { Fault } from '../../call/fault.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Frame } from '../dialect.ts'
import { readError as readChatError, writeError as writeChatError } from '../openai-chat/errors.ts'
import { DIALECT, isObject, type Members } from './members.ts'
import { emptyResponse } from './response-form.ts'

/** A vendor's error answer, or an error inside a stream: OpenAI has one form of errors for all of its APIs. */
export function readError(status: number, json: Json | undefined): Fault {
  const fault = readChatError(status, json)
  return fault.raw === undefined ? fault : { ...fault, raw: { ...fault.raw, dialect: DIALECT } }
}

/** An error answer; one that came in this dialect goes on verbatim, out of the event that brought it. */
export function writeError(fault: Fault): { status: number; body: JsonObject } {
  const { status, body } = writeChatError(fault)
  const raw = fault.raw?.dialect === DIALECT ? fault.raw.value : undefined
  return { status, body: isObject(raw) && isObject(raw.error) ? { error: raw.error } : body }
}

/**
 * An error inside a stream that has begun: first the event that OpenAI's SDKs throw (they look for `error`), then the one that
 * ends a response, which Codex waits for. OpenAI sends both. What was numbered before is not known here: both begin anew.
 */
export function writeErrorFrames(fault: Fault, requestId?: string): Frame[] {
  const { error } = writeError(fault).body as { error: Members }
  const { code = null, message = '', param = null } = error
  const failure = { code: code ?? 'server_error', message }
  const response = { ...emptyResponse(requestId ?? '', ''), status: 'failed', error: failure }
  return [
    frame({ type: 'error', code, message, param, sequence_number: 0, error }),
    frame({ type: 'response.failed', response, sequence_number: 1 }),
  ]
}

function frame(data: Members & { readonly type: string }): Frame {
  return { event: data.type, data: JSON.stringify(data) }
}
