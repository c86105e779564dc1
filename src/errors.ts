import createError from '@fastify/error'
import type { Fault, Kind } from './call/fault.ts'

export type { Kind } from './call/fault.ts'

/** What follows from an error's kind; the one place that decides it. */
export interface Consequence {
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

/** An error of the gateway itself. `retryAfter` in seconds, `param` the request member at fault. */
export interface SluiceError extends Error {
  readonly code: string
  readonly kind: Kind
  readonly statusCode: number
  retryAfter?: number
  param?: string
}

type SluiceErrorFactory = (
  details?: { retryAfter?: number; param?: string; cause?: unknown },
  ...values: unknown[]
) => SluiceError

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
    if (details?.retryAfter !== undefined) error.retryAfter = details.retryAfter
    if (details?.param !== undefined) error.param = details.param
    if (details?.cause !== undefined) error.cause = details.cause
    return error
  }
}

export const InvalidRequest = define('REQUEST_INVALID', 'invalid', '%s')
export const MalformedJson = define('REQUEST_JSON', 'invalid', 'The request body is not valid JSON: %s')

/** True for errors made here. */
export function isSluiceError(value: unknown): value is SluiceError {
  return value instanceof Error && 'kind' in value && ERRORS.has((value as SluiceError).code)
}

/** Any thrown value as a fault that is safe to show. */
export function faultOf(error: unknown): Fault {
  if (isSluiceError(error)) {
    return {
      kind: error.kind,
      status: error.statusCode,
      message: error.message,
      code: error.code,
      ...(error.param !== undefined && { param: error.param }),
    }
  }
  return {
    kind: 'internal',
    status: 500,
    message: 'The gateway failed to handle this request.',
    code: 'SLUICE_INTERNAL',
  }
}
