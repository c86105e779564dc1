import type { Fault, Kind } from '../../call/fault.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Frame } from '../dialect.ts'
import { clientStatus, KEY_REFUSED, kindOfStatus } from '../faults.ts'
import { DIALECT, isObject, type Members } from './members.ts'
import { reasonOf } from './reason.ts'

/** Words in `type` and `code` that tell the kind where no status does: errors inside a stream. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['context_length_exceeded', 400],
  ['authentication_error', 401],
  ['invalid_api_key', 401],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['model_not_found', 404],
  ['rate_limit_exceeded', 429],
  ['rate_limit_error', 429],
  ['insufficient_quota', 429],
  ['overloaded', 503],
  ['overloaded_error', 503],
])

/** The words that OpenAI uses for `type`, by kind; everything else is `server_error`. */
const TYPES: Partial<Record<Kind, string>> = {
  invalid: 'invalid_request_error',
  'not-found': 'invalid_request_error',
  conflict: 'invalid_request_error',
  'too-large': 'invalid_request_error',
  unauthorized: 'authentication_error',
  forbidden: 'permission_error',
  limited: 'rate_limit_error',
  'over-budget': 'insufficient_quota',
}

/** A vendor's error answer. `json` in any of the shapes in use: `{error: {...}}`, `{error: '...'}`, `{detail}`, `{message}`. */
export function readError(status: number, json: Json | undefined): Fault {
  return status < 400 && isObject(json) ? readStreamError(json) : refusal(status, json)
}

function refusal(status: number, json: Json | undefined): Fault {
  const kind = kindOfStatus(status)
  const said = details(json)
  // OpenAI repeats part of the key in the message of a 401, and names projects in a 403; a 402 tells of our balance.
  if (kind === 'upstream' && status < 500) {
    return { kind, status, message: KEY_REFUSED, ...words(said, false) }
  }
  const message = messageOf(said)
  const reason = reasonOf(kind, said, message)
  return {
    kind,
    status,
    message: message ?? `The vendor answered with status ${status}.`,
    ...words(said, true),
    ...(reason !== undefined && { reason }),
    ...(json !== undefined && { raw: { dialect: DIALECT, value: json } }),
  }
}

/** An error inside a stream (`data: {"error": ...}`), which has no status of its own. */
export function readStreamError(json: Members): Fault {
  const said = details(json)
  const fault = refusal(statusOf(said) ?? 502, json)
  const known = messageOf(said) !== undefined
  return known || fault.raw === undefined
    ? fault
    : { ...fault, message: 'The vendor reported an error without a message.' }
}

/** The object that says what happened, wherever the vendor put it. Gemini's compatible door wraps it in a list. */
function details(json: Json | undefined): Members {
  if (Array.isArray(json)) return details(json[0])
  if (!isObject(json)) return {}
  if (isObject(json.error)) return json.error
  return typeof json.error === 'string' ? { ...json, message: json.error } : json
}

function messageOf(said: Members): string | undefined {
  if (typeof said.message === 'string') return said.message
  if (typeof said.detail === 'string') return said.detail
  return said.detail === undefined ? undefined : JSON.stringify(said.detail)
}

function words(said: Members, param: boolean): Pick<Fault, 'code' | 'type' | 'param'> {
  return {
    ...((typeof said.code === 'string' || typeof said.code === 'number') && { code: String(said.code) }),
    ...(typeof said.type === 'string' && { type: said.type }),
    ...(param && typeof said.param === 'string' && { param: said.param }),
  }
}

function statusOf(said: Members): number | undefined {
  for (const value of [said.status_code, said.code, said.status, said.type]) {
    const status = typeof value === 'string' ? (WORDS.get(value) ?? Number(value)) : value
    if (typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599) return status
  }
  return undefined
}

/** An error answer in OpenAI's shape; one that came in this dialect goes on verbatim. */
export function writeError(fault: Fault): { status: number; body: JsonObject } {
  return { status: clientStatus(fault), body: writeErrorBody(fault) }
}

function writeErrorBody(fault: Fault): JsonObject {
  const raw = fault.raw?.dialect === DIALECT ? fault.raw.value : undefined
  if (isObject(raw) && isObject(raw.error)) return raw
  return {
    error: {
      message: fault.message,
      type: TYPES[fault.kind] ?? 'server_error',
      param: fault.param ?? null,
      code: fault.code ?? null,
    },
  }
}

/** An error inside a stream that has begun; nothing may follow it, no `[DONE]` either. */
export function writeErrorFrames(fault: Fault): Frame[] {
  return [{ data: JSON.stringify(writeErrorBody(fault)) }]
}
