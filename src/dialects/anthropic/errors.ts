import type { Fault, Kind, Reason } from '../../call/fault.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Frame } from '../dialect.ts'
import { clientStatus, KEY_REFUSED, kindOfStatus, messageWithParam } from '../faults.ts'
import { DIALECT, isObject } from './members.ts'

/** Anthropic's error types, and the status that each comes with (docs.anthropic.com/en/api/errors), for errors in streams. */
const TYPES: ReadonlyMap<string, { readonly kind: Kind; readonly status: number }> = new Map([
  ['invalid_request_error', { kind: 'invalid', status: 400 }],
  // Our key, our account: the caller did nothing wrong, and another target may answer.
  ['authentication_error', { kind: 'upstream', status: 401 }],
  ['billing_error', { kind: 'upstream', status: 402 }],
  ['permission_error', { kind: 'upstream', status: 403 }],
  ['not_found_error', { kind: 'not-found', status: 404 }],
  ['request_too_large', { kind: 'too-large', status: 413 }],
  ['rate_limit_error', { kind: 'limited', status: 429 }],
  ['api_error', { kind: 'upstream', status: 500 }],
  ['timeout_error', { kind: 'timeout', status: 504 }],
  ['overloaded_error', { kind: 'overloaded', status: 529 }],
])

const WORDS: Readonly<Record<Kind, string>> = {
  invalid: 'invalid_request_error',
  unauthorized: 'authentication_error',
  forbidden: 'permission_error',
  'not-found': 'not_found_error',
  conflict: 'invalid_request_error',
  'too-large': 'request_too_large',
  limited: 'rate_limit_error',
  'over-budget': 'billing_error',
  overloaded: 'overloaded_error',
  timeout: 'timeout_error',
  network: 'api_error',
  upstream: 'api_error',
  cancelled: 'api_error',
  internal: 'api_error',
}

/** Anthropic has no words for these, only sentences; the last is Bedrock's. */
const TOO_LONG = /prompt is too long|exceed context limit|input is too long/i
const FILTERED = /content filtering policy/i

/** An error answer of any form as a fault; `json` is undefined where the body was not JSON. */
export function readError(status: number, json: Json | undefined): Fault {
  return faultOf(json, status < 400 ? undefined : status)
}

/** An error inside a stream: the status is the one that Anthropic gives this type of error. */
export function readStreamError(json: Json): Fault {
  return faultOf(json, undefined)
}

function faultOf(json: Json | undefined, status: number | undefined): Fault {
  const error = isObject(json) ? json.error : undefined
  const type = isObject(error) && typeof error.type === 'string' ? error.type : undefined
  const known = type === undefined ? undefined : TYPES.get(type)
  const actual = status ?? known?.status ?? 500
  const kind = known?.kind ?? kindOfStatus(actual)
  if (kind === 'upstream' && actual < 500) {
    return { kind, status: actual, message: KEY_REFUSED, ...(type !== undefined && { type }) }
  }
  const reason = reasonOf(kind, messageOf(error))
  return {
    kind,
    status: actual,
    message: messageOf(error) ?? `The vendor answered with status ${actual}.`,
    ...(type !== undefined && { type }),
    ...(reason !== undefined && { reason }),
    ...(isObject(error) && isObject(json) && { raw: { dialect: DIALECT, value: json } }),
  }
}

/** Why another model may take what this one refused. */
function reasonOf(kind: Kind, message: string | undefined): Reason | undefined {
  if (kind === 'too-large') return 'context-window'
  if (kind !== 'invalid' || message === undefined) return undefined
  if (TOO_LONG.test(message)) return 'context-window'
  return FILTERED.test(message) ? 'content-filter' : undefined
}

/** The sentence of an error; some that speak this dialect send nothing but the sentence. */
function messageOf(error: Json | undefined): string | undefined {
  const message = isObject(error) ? error.message : error
  return typeof message === 'string' && message !== '' ? message : undefined
}

/** A fault as an error answer: Anthropic's own verbatim, any other with Anthropic's word for its kind. */
export function writeError(fault: Fault, requestId?: string): { status: number; body: JsonObject } {
  return { status: clientStatus(fault), body: errorBody(fault, requestId) }
}

/** An error inside a stream that has begun; nothing may follow it. */
export function writeErrorFrames(fault: Fault, requestId?: string): Frame[] {
  return [{ event: 'error', data: JSON.stringify(errorBody(fault, requestId)) }]
}

function errorBody(fault: Fault, requestId: string | undefined): JsonObject {
  const { raw, kind, code } = fault
  if (raw?.dialect === DIALECT && isObject(raw.value)) return raw.value
  return {
    type: 'error',
    error: { type: WORDS[kind], message: messageWithParam(fault), ...(code !== undefined && { code }) },
    request_id: requestId ?? null,
  }
}
