import type { Fault, Kind, Reason } from '../../call/fault.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Frame } from '../dialect.ts'
import { clientStatus, KEY_REFUSED, kindOfStatus, messageWithParam } from '../faults.ts'
import { DIALECT, isObject, type Members } from './members.ts'

/** The words of google.rpc.Code that come with an HTTP status (cloud.google.com/apis/design/errors). */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['INVALID_ARGUMENT', 400],
  ['FAILED_PRECONDITION', 400],
  ['OUT_OF_RANGE', 400],
  ['UNAUTHENTICATED', 401],
  ['PERMISSION_DENIED', 403],
  ['NOT_FOUND', 404],
  ['ABORTED', 409],
  ['ALREADY_EXISTS', 409],
  ['RESOURCE_EXHAUSTED', 429],
  ['CANCELLED', 499],
  ['INTERNAL', 500],
  ['UNKNOWN', 500],
  ['DATA_LOSS', 500],
  ['UNIMPLEMENTED', 501],
  ['UNAVAILABLE', 503],
  ['DEADLINE_EXCEEDED', 504],
])

const WORDS: Readonly<Record<Kind, string>> = {
  invalid: 'INVALID_ARGUMENT',
  unauthorized: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  'not-found': 'NOT_FOUND',
  conflict: 'ABORTED',
  'too-large': 'INVALID_ARGUMENT',
  limited: 'RESOURCE_EXHAUSTED',
  'over-budget': 'RESOURCE_EXHAUSTED',
  overloaded: 'UNAVAILABLE',
  timeout: 'DEADLINE_EXCEEDED',
  network: 'UNAVAILABLE',
  upstream: 'INTERNAL',
  cancelled: 'CANCELLED',
  internal: 'INTERNAL',
}

const TOO_LONG = /input token count.{0,40}exceeds/i
/** Google answers 400, not 401, to a key that it does not know; the reason stands in the details. */
const KEY_REASON = /^(?:API_KEY_|ACCESS_TOKEN_)/

/** An error answer as a fault; `json` is undefined where the body was not JSON. Without `alt=sse` Google wraps it in a list. */
export function readError(status: number, json: Json | undefined): Fault {
  const error = errorOf(json)
  const word = typeof error.status === 'string' ? error.status : undefined
  const said = isStatus(error.code) ? error.code : STATUSES.get(word ?? '')
  const actual = status >= 400 ? status : (said ?? 502)
  const named = { ...(word !== undefined && { type: word }) }
  const kind = kindOfStatus(actual)
  if (blamesKey(error) || (kind === 'upstream' && actual < 500)) {
    return { kind: 'upstream', status: actual, message: KEY_REFUSED, ...named }
  }
  const message = typeof error.message === 'string' && error.message !== '' ? error.message : undefined
  const reason = reasonOf(kind, message)
  return {
    kind,
    status: actual,
    message: message ?? `The vendor answered with status ${actual}.`,
    ...named,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { raw: { dialect: DIALECT, value: { error } } }),
  }
}

function isStatus(code: Json | undefined): code is number {
  return Number.isInteger(code) && Number(code) >= 400 && Number(code) <= 599
}

function errorOf(json: Json | undefined): Members {
  if (Array.isArray(json)) return errorOf(json[0])
  return isObject(json) && isObject(json.error) ? json.error : {}
}

/** Whether an error object speaks of the key that it was sent, whatever its status says. */
export function blamesKey(error: JsonObject): boolean {
  const { details } = error
  if (!Array.isArray(details)) return false
  return details.some(detail => isObject(detail) && typeof detail.reason === 'string' && KEY_REASON.test(detail.reason))
}

function reasonOf(kind: Kind, message: string | undefined): Reason | undefined {
  if (kind === 'too-large') return 'context-window'
  return kind === 'invalid' && message !== undefined && TOO_LONG.test(message) ? 'context-window' : undefined
}

/** A fault as an error answer: Google's own verbatim, any other in the form of google.rpc.Status. */
export function writeError(fault: Fault): { status: number; body: JsonObject } {
  const status = clientStatus(fault)
  return { status, body: errorBody(fault, status) }
}

/** An error inside a stream that has begun; nothing may follow it. Google's clients read it by its member `error`. */
export function writeErrorFrames(fault: Fault): Frame[] {
  return [{ data: JSON.stringify(writeError(fault).body) }]
}

function errorBody(fault: Fault, status: number): JsonObject {
  const { raw, kind, code } = fault
  if (raw?.dialect === DIALECT && isObject(raw.value)) return raw.value
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code ?? '', domain: 'sluice' }
  return {
    error: {
      code: status,
      message: messageWithParam(fault),
      status: WORDS[kind],
      ...(code !== undefined && { details: [info] }),
    },
  }
}
