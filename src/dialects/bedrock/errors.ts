import type { Fault, Kind, Reason } from '../../call/fault.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Frame } from '../dialect.ts'
import { clientStatus, KEY_REFUSED, kindOfStatus, messageWithParam } from '../faults.ts'
import { DIALECT, isObject, type Members } from './members.ts'

/** What Bedrock's exceptions mean, and their statuses (its service model). */
const EXCEPTIONS: ReadonlyMap<string, { readonly kind: Kind; readonly status: number }> = new Map([
  ['ValidationException', { kind: 'invalid', status: 400 }],
  ['ServiceQuotaExceededException', { kind: 'limited', status: 400 }],
  // Our key, our account: the caller did nothing wrong, and another target may answer.
  ['UnrecognizedClientException', { kind: 'upstream', status: 401 }],
  ['AccessDeniedException', { kind: 'upstream', status: 403 }],
  ['ResourceNotFoundException', { kind: 'not-found', status: 404 }],
  ['ModelTimeoutException', { kind: 'timeout', status: 408 }],
  ['ModelErrorException', { kind: 'upstream', status: 424 }],
  ['ModelStreamErrorException', { kind: 'upstream', status: 424 }],
  ['ThrottlingException', { kind: 'limited', status: 429 }],
  ['ModelNotReadyException', { kind: 'overloaded', status: 429 }],
  ['InternalServerException', { kind: 'upstream', status: 500 }],
  ['ServiceUnavailableException', { kind: 'overloaded', status: 503 }],
])

/** The status of a model that failed (ModelErrorException). */
const MODEL_FAILED = 424

const NAMES: Readonly<Record<Kind, string>> = {
  invalid: 'ValidationException',
  unauthorized: 'UnrecognizedClientException',
  forbidden: 'AccessDeniedException',
  'not-found': 'ResourceNotFoundException',
  conflict: 'ConflictException',
  'too-large': 'ValidationException',
  limited: 'ThrottlingException',
  'over-budget': 'ServiceQuotaExceededException',
  overloaded: 'ServiceUnavailableException',
  timeout: 'ModelTimeoutException',
  network: 'InternalServerException',
  upstream: 'InternalServerException',
  cancelled: 'InternalServerException',
  internal: 'InternalServerException',
}

/** The exceptions that a stream may hold; every other kind is the last one. */
const STREAM_NAMES: Partial<Record<Kind, string>> = {
  invalid: 'validationException',
  limited: 'throttlingException',
  overloaded: 'serviceUnavailableException',
  timeout: 'modelStreamErrorException',
  network: 'modelStreamErrorException',
  upstream: 'modelStreamErrorException',
}
const STREAM_FALLBACK = 'internalServerException'

/** Bedrock has no words for it, only sentences of the models'. */
const TOO_LONG =
  /input is too long|prompt is too long|too many input tokens|exceeds? (?:the )?(?:model's )?(?:maximum )?context/i

/** An error answer. `json` is undefined where the body was not JSON; the exception's name may stand in `__type`. */
export function readError(status: number, json: Json | undefined): Fault {
  const members = isObject(json) ? json : {}
  const type = typeof members.__type === 'string' ? members.__type.replace(/^.*#/, '') : undefined
  return faultOf(members, type, status < 400 ? undefined : status)
}

/** An exception inside a stream: its name begins with a small letter there. */
export function readStreamError(name: string, members: Members): Fault {
  const type = name.charAt(0).toUpperCase() + name.slice(1)
  return faultOf(members, type, undefined)
}

function faultOf(members: Members, type: string | undefined, status: number | undefined): Fault {
  const known = EXCEPTIONS.get(type ?? '')
  const actual = status ?? known?.status ?? 500
  const kind = known?.kind ?? (actual === MODEL_FAILED ? 'upstream' : kindOfStatus(actual))
  if (actual === 401 || actual === 403) {
    return { kind, status: actual, message: KEY_REFUSED, ...(type !== undefined && { type }) }
  }
  const message = messageOf(members)
  const reason: Reason | undefined = kind === 'invalid' && TOO_LONG.test(message ?? '') ? 'context-window' : undefined
  return {
    kind,
    status: actual,
    message: message ?? `The vendor answered with status ${actual}.`,
    ...(type !== undefined && { type }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { raw: { dialect: DIALECT, value: members } }),
  }
}

function messageOf({ message, Message }: Members): string | undefined {
  const said = message ?? Message
  return typeof said === 'string' && said !== '' ? said : undefined
}

/** A fault as an error answer: Bedrock's own verbatim. Its clients find the exception's name in `__type`. */
export function writeError(fault: Fault): { status: number; body: JsonObject } {
  return { status: clientStatus(fault), body: errorBody(fault) }
}

function errorBody(fault: Fault): JsonObject {
  const own = ownBody(fault)
  if (own === undefined) return { __type: NAMES[fault.kind], message: messageOfFault(fault) }
  // One that was told inside of a stream had its name beside it.
  return fault.type === undefined ? own : { __type: fault.type, ...own }
}

/** An exception inside a stream that has begun; nothing may follow it. */
export function writeErrorFrames(fault: Fault): Frame[] {
  const own = fault.type?.endsWith('Exception') ? fault.type.charAt(0).toLowerCase() + fault.type.slice(1) : undefined
  const event = own ?? STREAM_NAMES[fault.kind] ?? STREAM_FALLBACK
  return [{ event, data: JSON.stringify(ownBody(fault) ?? { message: messageOfFault(fault) }) }]
}

function ownBody({ raw }: Fault): Members | undefined {
  return raw?.dialect === DIALECT && isObject(raw.value) ? raw.value : undefined
}

/** The member at fault and the gateway's own code have no member of their own: the message names them. */
function messageOfFault(fault: Fault): string {
  const message = messageWithParam(fault)
  return fault.code === undefined ? message : `${message} (${fault.code})`
}
