import createError from '@fastify/error'
import type { Fault, Kind } from './call/fault.ts'

/** What follows from an error's kind; the one place that decides it. */
interface Consequence {
  readonly status: number
  /** Dispatch may try the next target. */
  readonly nextTarget: boolean
  /** A failure in the eyes of the target's breaker. */
  readonly breaker: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** The message may be shown; otherwise the client reads a general sentence. */
  readonly show: boolean
}

export const CONSEQUENCES: Readonly<Record<Kind, Consequence>> = {
  invalid: { status: 400, nextTarget: false, breaker: false, logLevel: 'info', show: true },
  unauthorized: { status: 401, nextTarget: false, breaker: false, logLevel: 'info', show: true },
  forbidden: { status: 403, nextTarget: false, breaker: false, logLevel: 'info', show: true },
  'not-found': { status: 404, nextTarget: false, breaker: false, logLevel: 'info', show: true },
  conflict: { status: 409, nextTarget: false, breaker: false, logLevel: 'info', show: true },
  'too-large': { status: 413, nextTarget: false, breaker: false, logLevel: 'info', show: true },
  limited: { status: 429, nextTarget: true, breaker: false, logLevel: 'info', show: true },
  'over-budget': { status: 402, nextTarget: false, breaker: false, logLevel: 'info', show: true },
  overloaded: { status: 503, nextTarget: true, breaker: true, logLevel: 'warn', show: true },
  timeout: { status: 504, nextTarget: true, breaker: true, logLevel: 'warn', show: true },
  network: { status: 502, nextTarget: true, breaker: true, logLevel: 'warn', show: true },
  upstream: { status: 502, nextTarget: true, breaker: true, logLevel: 'warn', show: true },
  cancelled: { status: 499, nextTarget: false, breaker: false, logLevel: 'debug', show: true },
  internal: { status: 500, nextTarget: false, breaker: false, logLevel: 'error', show: false },
}

/** An error of the gateway itself. `retryAfterMs` says when to come back, `param` the request member at fault. */
export interface SluiceError extends Error {
  readonly code: string
  readonly kind: Kind
  readonly statusCode: number
  retryAfterMs?: number
  param?: string
  /** For the answer that says it. */
  headers?: Readonly<Record<string, string>>
}

interface Details {
  readonly retryAfterMs?: number
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

type SluiceErrorFactory = (details?: Details, ...values: unknown[]) => SluiceError

/** Every code with its kind and message, for docs/errors.md and its test. */
export const ERRORS = new Map<string, { kind: Kind; message: string }>()

function define(name: string, kind: Kind, message: string): SluiceErrorFactory {
  const code = `SLUICE_${name}`
  ERRORS.set(code, { kind, message })
  // No stack: these are answers, not bugs, and capturing one costs more than the rest of a refusal.
  const Base = createError(code, message, CONSEQUENCES[kind].status, Error, false)
  Object.defineProperty(Base.prototype, 'kind', { value: kind, enumerable: true })
  return (details, ...values) => {
    const error = new Base(...(values as [])) as unknown as SluiceError
    return Object.assign(error, details)
  }
}

export const InvalidRequest = define('REQUEST_INVALID', 'invalid', '%s')
export const Lossy = define(
  'REQUEST_LOSSY',
  'invalid',
  'The request is strict, and no target could be asked all of it. It would lose: %s.',
)
export const MalformedJson = define('REQUEST_JSON', 'invalid', 'The request body is not valid JSON: %s')
export const EmptyBody = define('REQUEST_EMPTY', 'invalid', 'The request has no body; send a JSON object.')
export const MediaType = define(
  'REQUEST_MEDIA_TYPE',
  'invalid',
  'The content type %s is not supported; send application/json.',
)
export const BodyTooLarge = define(
  'REQUEST_TOO_LARGE',
  'too-large',
  'The request body is larger than %s bytes (setting: listen.bodyLimit).',
)
export const HeadersTooLarge = define(
  'REQUEST_HEADERS_TOO_LARGE',
  'too-large',
  'The headers of the request are larger than this gateway takes.',
)
export const RequestTimeout = define('REQUEST_TIMEOUT', 'invalid', 'The request did not arrive whole in time.')
export const IdempotencyConflict = define(
  'REQUEST_IDEMPOTENCY',
  'invalid',
  'The idempotency key was used before for another request; a retry sends the same one.',
)
export const ReaderSlow = define(
  'REQUEST_READER_SLOW',
  'timeout',
  'The answer is read by several clients, and this one fell too far behind the others.',
)
export const KeyMissing = define(
  'AUTH_KEY_MISSING',
  'unauthorized',
  'No API key was sent: use the header "authorization: Bearer KEY", "x-api-key" or "x-goog-api-key".',
)
export const KeyUnknown = define('AUTH_KEY_UNKNOWN', 'unauthorized', 'The API key is not known to this gateway.')
export const KeyDisabled = define('AUTH_KEY_DISABLED', 'unauthorized', 'The API key is disabled.')
export const KeyExpired = define('AUTH_KEY_EXPIRED', 'unauthorized', 'The API key has expired.')
export const AddressLimited = define(
  'AUTH_TOO_MANY_FAILURES',
  'limited',
  'Too many failed requests from this address; wait %s s.',
)
export const NotLocal = define(
  'AUTH_NOT_LOCAL',
  'forbidden',
  'A gateway without keys answers only programs on its own machine: %s',
)
export const ProfileBusy = define(
  'PROFILE_BUSY',
  'conflict',
  'Another profile of this process is being made, and they would disturb each other; try again when it is done.',
)
export const ModelForbidden = define('AUTH_MODEL_FORBIDDEN', 'forbidden', 'The API key may not use the model "%s".')
export const LimitRequests = define(
  'LIMIT_REQUESTS',
  'limited',
  'The limit of %s requests a minute for this API key is reached; wait %s s (setting: %s).',
)
export const LimitTokens = define(
  'LIMIT_TOKENS',
  'limited',
  'The limit of %s tokens a minute for this API key has no room for the %s that this request may use; wait %s s (setting: %s).',
)
export const LimitTokensRequest = define(
  'LIMIT_TOKENS_REQUEST',
  'too-large',
  'This request may use %s tokens, by its prompt and max_tokens; this API key may use at most %s at once, so it never passes: ask for fewer (setting: %s).',
)
export const LimitConcurrency = define(
  'LIMIT_CONCURRENCY',
  'limited',
  'The limit of %s requests at a time for this API key is reached; wait for one of them to end (setting: %s).',
)
export const RouteUnknown = define('ROUTE_UNKNOWN', 'not-found', 'There is no route %s %s.')
export const ModelUnknown = define('ROUTE_MODEL_UNKNOWN', 'not-found', 'The model "%s" is not known%s')
export const ResponseUnknown = define(
  'RESPONSE_UNKNOWN',
  'not-found',
  'There is no response "%s" that was given to this caller and is still kept.',
)
export const ResponseAway = define(
  'RESPONSE_AWAY',
  'overloaded',
  'The request goes on from what only %s has, which cannot answer now; try again in %s s.',
)
export const OperationUnserved = define(
  'ROUTE_OPERATION',
  'invalid',
  'No provider of the model "%s" serves this route (%s): ask for a model of one that does.',
)
export const NoTarget = define(
  'ROUTE_NO_TARGET',
  'overloaded',
  'No target of the model "%s" can answer now; try again in %s s.',
)
export const QueueFull = define(
  'QUEUE_FULL',
  'overloaded',
  'All targets of the model "%s" are at their limits and too many requests wait already; try again in %s s (setting: models.NAME.queue.maxDepth).',
)
export const QueueTooLong = define(
  'QUEUE_TOO_LONG',
  'overloaded',
  'All targets of the model "%s" are at their limits for longer than this request may wait; try again in %s s (setting: models.NAME.queue.maxWait).',
)
export const QueueTimeout = define(
  'QUEUE_TIMEOUT',
  'overloaded',
  'All targets of the model "%s" stayed at their limits for as long as this request could wait; try again in %s s (setting: models.NAME.queue.maxWait).',
)
export const UpstreamNetwork = define('UPSTREAM_NETWORK', 'network', 'The provider could not be reached: %s.')
export const UpstreamTimeout = define('UPSTREAM_TIMEOUT', 'timeout', 'The provider took too long: %s.')
export const UpstreamKey = define(
  'UPSTREAM_KEY',
  'upstream',
  "The provider refused the gateway's own key; the operator must mend it.",
)
export const CredentialsMissing = define(
  'UPSTREAM_CREDENTIALS',
  'upstream',
  'The gateway found no credentials for the provider; the operator must mend it.',
)
export const UpstreamAnswer = define(
  'UPSTREAM_ANSWER',
  'upstream',
  'The provider answered with something that is not an answer: %s.',
)
export const UpstreamStream = define('UPSTREAM_STREAM', 'network', 'The stream of the provider broke off: %s.')
export const Cancelled = define('REQUEST_CANCELLED', 'cancelled', 'The client went away.')
export const Internal = define('INTERNAL', 'internal', 'The gateway failed to handle this request.')

/** What a client has named, as a message repeats it: it may be a megabyte long. */
export function excerpt(name: string): string {
  return name.slice(0, 100)
}

/** True for errors made here. */
export function isSluiceError(value: unknown): value is SluiceError {
  return value instanceof Error && 'kind' in value && ERRORS.has((value as SluiceError).code)
}

/** Any thrown value as a fault that is safe to show. */
export function faultOf(error: unknown): Fault {
  const known = isSluiceError(error) ? error : Internal()
  return {
    kind: known.kind,
    status: known.statusCode,
    message: known.message,
    code: known.code,
    ...(known.param !== undefined && { param: known.param }),
  }
}
