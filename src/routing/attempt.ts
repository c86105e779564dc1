import type { Kind } from '../call/fault.ts'
import { CONSEQUENCES } from '../errors.ts'
import type { AttemptRecord, CallRecord } from '../meter/record.ts'
import type { Outcome } from '../upstream/outcome.ts'
import type { Verdict } from './breaker.ts'
import type { Permit } from './gate.ts'
import type { Candidate } from './target.ts'

/** One try of one candidate: tells the gate and the record how it ended, once, when the answer has ended. */
export class Attempt {
  readonly candidate: Candidate
  readonly record: AttemptRecord
  readonly #permit: Permit
  #begunAt: number | undefined
  #settled = false

  constructor(candidate: Candidate, permit: Permit, call: CallRecord, now: number) {
    this.candidate = candidate
    this.#permit = permit
    const { target, key } = candidate
    this.record = {
      target: target.id,
      provider: target.vendor.name,
      model: target.configured ? target.model : 'other',
      key: key.index,
      startedAt: now,
    }
    call.attempts.push(this.record)
  }

  /** The head of the answer has come. */
  answered(now: number, { status, headers }: Exclude<Outcome, { type: 'failed' }>): void {
    this.#begunAt = now
    this.record.firstByteAt = now
    this.record.status = status
    this.#permit.answered(headers)
  }

  /** A stream is worth showing: before that, its head was an empty promise. */
  began(now: number): void {
    this.#begunAt = now
  }

  /** `failure` says how it failed; absent when the answer came whole. Only the first call counts. */
  settle(now: number, failure?: Kind, reason?: string): void {
    if (this.#settled) return
    this.#settled = true
    this.record.endedAt = now
    if (failure !== undefined) this.record.failure = failure
    if (reason !== undefined) this.record.reason = reason
    if (failure !== undefined) this.#note(failure)
    this.#permit.settle(this.#verdict(failure))
  }

  #verdict(failure: Kind | undefined): Verdict {
    if (failure !== undefined) return CONSEQUENCES[failure].breaker ? 'bad' : 'neutral'
    const { slowerThan } = this.candidate.target.vendor.breaker
    if (slowerThan === undefined || this.#begunAt === undefined) return 'good'
    return this.#begunAt - this.record.startedAt > slowerThan ? 'slow' : 'good'
  }

  /** For the operator, where it was not the request's own fault. */
  #note(kind: Kind): void {
    if (!CONSEQUENCES[kind].nextTarget && kind !== 'unauthorized') return
    const { status } = this.record
    this.candidate.gate.breaker.lastFailure = { kind, at: Date.now(), ...(status !== undefined && { status }) }
  }
}
