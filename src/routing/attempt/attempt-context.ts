import type { CallRecord } from '../../meter/record.ts'
import type { Envelope } from '../../relay/envelope.ts'
import type { Passage } from '../../relay/passage.ts'
import type { Outcome } from '../../upstream/outcome.ts'
import type { QueueTicket } from '../queue/ticket.ts'
import type { Candidate } from '../target.ts'
import type { Attempt } from './attempt.ts'

/** What one request brings to each of its attempts. */
export interface AttemptContext {
  readonly envelope: Envelope
  readonly record: CallRecord
  readonly maxAttempts: number
  /** The only target there is may be tried again. */
  readonly retrySameTarget: boolean
  /** For the route's queue, where there is one. */
  readonly ticket?: QueueTicket | undefined
  /** Prepares the body for a target. Throws, or rejects with, InvalidRequest when the call cannot be expressed in its dialect. */
  passage(candidate: Pick<Candidate, 'target'>): Passage | Promise<Passage>
  /** Sends it; settles at the head of the answer. Rejects only where the request cannot be signed. */
  forward(attempt: Attempt, passage: Passage): Promise<Outcome>
  /** Monotonic clock, ms. */
  now(): number
}
