import type { Json } from './json.ts'

/** Kinds of errors; the table in errors.ts says what follows from each. */
export type Kind =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'limited'
  | 'over-budget'
  | 'overloaded'
  | 'timeout'
  | 'network'
  | 'upstream'
  | 'cancelled'
  | 'internal'

/** Refusals that concern the request with this one model: another model may take it. */
export type Reason = 'context-window' | 'content-filter'

/** An error that can be written in any dialect. `message` is safe to show: no key, host, prompt or stack. */
export interface Fault {
  readonly kind: Kind
  readonly status: number
  readonly message: string
  /** The gateway's code (`SLUICE_...`) or the vendor's. */
  readonly code?: string
  /** The vendor's own type word (`invalid_request_error`), kept for the same dialect. */
  readonly type?: string
  /** The request member at fault. */
  readonly param?: string
  readonly reason?: Reason
  /** The vendor's error body, verbatim, under its dialect's name. */
  readonly raw?: { readonly dialect: string; readonly value: Json }
}
