import type { Kind } from '../../call/fault.ts'
import type { Usage } from '../../call/result.ts'
import { CONSEQUENCES } from '../../errors.ts'
import type { AttemptRecord, CallRecord } from '../../meter/record.ts'
import type { Abortable } from '../../relay/presence.ts'
import type { FailedOutcome } from '../../upstream/failure.ts'
import type { Outcome } from '../../upstream/outcome.ts'
import type { Verdict } from '../breaker/breaker.ts'
import type { Choice } from '../choices.ts'
import { OTHER_MODELS } from '../create-target.ts'
import type { Permit } from '../gate.ts'
import type { Timing } from '../load/target-load.ts'
import type { Candidate } from '../target.ts'

/** The part of an Exchange that an attempt needs. */
interface Carrier extends Abortable {
  /** The request is on the wire. */
  readonly sent: boolean
  /** It failed for want of a connection of ours. */
  readonly crowdedOut: boolean
}

/** One attempt at one candidate. Reports to the gate, the target's load and the record, once, when the answer has ended. */
export class Attempt {
  readonly candidate: Candidate
  readonly record: AttemptRecord
  readonly #permit: Permit
  readonly #timing: Timing
  #begunAt: number | undefined
  #settled = false
  #exchange: Carrier | undefined
  #aborted: FailedOutcome | undefined

  /** `hedge` where another attempt of the request is still running. */
  constructor({ candidate, permit }: Choice, call: CallRecord, now: number, hedge = false) {
    this.candidate = candidate
    this.#permit = permit
    const { target, key } = candidate
    this.#timing = target.load.begin(call.stream, now)
    this.record = {
      target: target.id,
      provider: target.vendor.name,
      model: target.configured ? target.model : OTHER_MODELS,
      key: key.index,
      startedAt: now,
      ...(hedge && { hedge }),
    }
    call.attempts.push(this.record)
  }

  /** Sets the exchange that carries it. */
  carriedBy(exchange: Carrier): void {
    this.#exchange = exchange
    if (this.#aborted !== undefined) exchange.abort(this.#aborted)
  }

  /** Stops it, as nobody waits for it any more. */
  abort(failure: FailedOutcome): void {
    this.#aborted = failure
    this.#exchange?.abort(failure)
  }

  /**
   * Whether the vendor may bill it in spite of this failure: an answer had begun, or we gave up while the vendor was at work. A vendor
   * that hangs up before that is assumed to bill nothing.
   */
  mayBeBilled(failure: Kind): boolean {
    if (this.record.firstByteAt !== undefined) return true
    return this.#exchange?.sent === true && (failure === 'timeout' || failure === 'cancelled')
  }

  /** The head of the answer has come. */
  answered(now: number, { type, status, headers }: Exclude<Outcome, { type: 'failed' }>): void {
    this.record.firstByteAt = now
    this.record.status = status
    this.#permit.answered(headers, type === 'stream')
  }

  /** The answer is committed: a stream has shown content (its head alone promises nothing), or a whole answer has come. */
  committed(now: number): void {
    this.#begunAt = now
    this.#timing.committed(now)
  }

  /** The answer has ended, in success unless `failure` is set. Only the first call counts. */
  settle(now: number, failure?: Kind, reason?: string): void {
    if (this.#settled) return
    this.#settled = true
    this.record.endedAt = now
    if (failure !== undefined) this.record.failure = failure
    if (reason !== undefined) this.record.reason = reason
    if (failure !== undefined) this.#setLastFailure(failure)
    const verdict = this.#verdict(failure)
    this.#timing.settle(verdict, now)
    if (!this.#crowdedOut && isOverload(failure, this.record.firstByteAt)) this.#permit.overloaded()
    this.#permit.settle(verdict)
  }

  /** The tokens that it used, once known; before or after `settle`. */
  used(tokens: number): void {
    this.#permit.used(tokens)
  }

  /**
   * What the vendor may bill for it although nobody reads it; comes before `settle`. With an estimate what was reserved of the vendor's
   * limit stays reserved: the vendor reserved the same when the call arrived.
   */
  wasted(usage: Usage): void {
    this.record.wasted = usage
    if (usage.estimated) this.#permit.keep()
    else this.used(usage.input + usage.output)
  }

  get #crowdedOut(): boolean {
    return this.#exchange?.crowdedOut === true
  }

  #verdict(failure: Kind | undefined): Verdict {
    if (failure !== undefined) return CONSEQUENCES[failure].breaker && !this.#crowdedOut ? 'bad' : 'neutral'
    const { slowerThan } = this.candidate.target.vendor.breaker
    if (slowerThan === undefined || this.#begunAt === undefined) return 'good'
    return this.#begunAt - this.record.startedAt > slowerThan ? 'slow' : 'good'
  }

  /** Shown to the operator, unless the request itself was wrong. */
  #setLastFailure(kind: Kind): void {
    if (!CONSEQUENCES[kind].nextTarget && kind !== 'unauthorized') return
    const { status } = this.record
    this.candidate.gate.breaker.lastFailure = { kind, at: Date.now(), ...(status !== undefined && { status }) }
  }
}

/** Whether a failure means that the vendor has too many calls. A stream that stalls after it has begun does not. */
function isOverload(failure: Kind | undefined, firstByteAt: number | undefined): boolean {
  return failure === 'limited' || failure === 'overloaded' || (failure === 'timeout' && firstByteAt === undefined)
}
