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

/** What carries an attempt to its vendor. */
interface Carrier extends Abortable {
  /** The request is on the wire. */
  readonly sent: boolean
  /** It never came so far, as all of our connections were in use. */
  readonly crowdedOut: boolean
}

/** One try of one candidate: tells the gate, the target's load and the record how it ended, once, when the answer has ended. */
export class Attempt {
  readonly candidate: Candidate
  readonly record: AttemptRecord
  readonly #permit: Permit
  readonly #timing: Timing
  #begunAt: number | undefined
  #settled = false
  #exchange: Carrier | undefined
  #aborted: FailedOutcome | undefined

  /** `hedge` where it is made beside another one that has not ended. */
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

  /** What is on the wire for it. */
  carriedBy(exchange: Carrier): void {
    this.#exchange = exchange
    if (this.#aborted !== undefined) exchange.abort(this.#aborted)
  }

  /** Nobody waits for it any more. */
  abort(failure: FailedOutcome): void {
    this.#aborted = failure
    this.#exchange?.abort(failure)
  }

  /**
   * Whether the vendor may bill it although it failed so: a stream had begun, or we gave it up while the vendor was at work. A
   * vendor that hangs up by itself before that is taken to bill nothing.
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

  /** The answer is the client's: a stream has shown content (its head alone promises nothing), or a whole answer has come. */
  committed(now: number): void {
    this.#begunAt = now
    this.#timing.committed(now)
  }

  /** `failure` says how it failed; absent when the answer came whole. Only the first call counts. */
  settle(now: number, failure?: Kind, reason?: string): void {
    if (this.#settled) return
    this.#settled = true
    this.record.endedAt = now
    if (failure !== undefined) this.record.failure = failure
    if (reason !== undefined) this.record.reason = reason
    if (failure !== undefined) this.#note(failure)
    const verdict = this.#verdict(failure)
    this.#timing.settle(verdict, now)
    if (!this.#crowdedOut && isOverload(failure, this.record.firstByteAt)) this.#permit.overloaded()
    this.#permit.settle(verdict)
  }

  /** What it has used, in tokens, once that is known; before or after `settle`. */
  used(tokens: number): void {
    this.#permit.used(tokens)
  }

  /**
   * What the vendor may bill for it although nobody will read it; comes before `settle`. An estimate changes nothing at its limit:
   * the vendor took its own off that when the call arrived.
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

  /** For the operator, where it was not the request's own fault. */
  #note(kind: Kind): void {
    if (!CONSEQUENCES[kind].nextTarget && kind !== 'unauthorized') return
    const { status } = this.record
    this.candidate.gate.breaker.lastFailure = { kind, at: Date.now(), ...(status !== undefined && { status }) }
  }
}

/** Whether a failure says that the vendor has too many calls. A stream that stalls once it has begun does not. */
function isOverload(failure: Kind | undefined, firstByteAt: number | undefined): boolean {
  return failure === 'limited' || failure === 'overloaded' || (failure === 'timeout' && firstByteAt === undefined)
}
