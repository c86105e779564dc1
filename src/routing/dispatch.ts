import { Cancelled, CONSEQUENCES, NoTarget, ResponseAway } from '../errors.ts'
import { roughly, wholeSeconds } from '../retry-after.ts'
import { type Answer, type Failure, isFailure } from './attempt/answer.ts'
import { Attempt } from './attempt/attempt.ts'
import type { AttemptContext } from './attempt/attempt-context.ts'
import { runAttempt } from './attempt/run-attempt.ts'
import { tryPassage } from './attempt/try-passage.ts'
import { type Choice, Choices } from './choices.ts'
import { isRefusal, type Refusal } from './gate.ts'
import { backoffMs } from './retry/backoff.ts'
import { hedged } from './retry/hedge.ts'
import type { HedgeRule } from './retry/hedge-rule.ts'
import type { Target } from './target.ts'

/** What one client request brings to the loop. */
export interface Dispatch extends AttemptContext {
  /** Best first; each target once. */
  readonly targets: readonly Target[]
  /** When to try a second target before the first has answered; never unless set. */
  readonly hedge: HedgeRule | undefined
  /** The only target that has the response which the call continues; undefined where any target will do. */
  readonly keeper?: string | undefined
  /** The client is still there. */
  present(): boolean
  /** Settles after so many ms. */
  wait(ms: number): Promise<void>
  /** In [0, 1). */
  random(): number
}

/** Failures that may be over in a moment, so that the only target may be retried. */
const TRANSIENT: readonly Failure['kind'][] = ['network', 'overloaded', 'upstream']

/**
 * The only loop: tries the targets in order until one answers, the call itself turns out to be wrong, or the attempts or the retry
 * budget are used up. Returns the answer for the client; throws a SluiceError where no vendor has given one. Once it has returned,
 * the answer is committed and nothing is retried.
 */
export async function dispatch(call: Dispatch): Promise<Answer> {
  const choices = new Choices(call.targets, call.envelope.tokens)
  let failure: Failure | undefined
  for (;;) {
    const found = call.ticket === undefined ? choices.next(call.now()) : call.ticket.next(choices)
    const choice = found instanceof Promise ? await found : found
    if (isRefusal(choice)) {
      if (failure === undefined || (failure.mismatch && (await isExpressible(call, choices.unfailed))))
        throw noTarget(call, choice)
      if (!mayRetrySame(call, choices, failure)) return conclude(failure)
      await call.wait(backoffMs(call.record.attempts.length, call.random()))
      choices.restore()
    } else {
      const { target } = choice.candidate
      if (call.record.attempts.length === 0) deposit(call, target)
      // A model tried before may have lacked the budget for this attempt; it is made all the same.
      call.record.retryUnpaid = false
      const ended = await tryOne(call, choices, choice)
      if (!isFailure(ended)) return ended
      failure = moreInformative(failure, ended)
      if (!mayRetryElsewhere(call, ended, target)) return conclude(failure)
    }
    if (!call.present()) throw Cancelled()
  }
}

/** The first attempt of a request pays into the budgets; not the first one at each fallback model. */
function deposit({ hedge, now }: Dispatch, { retryBudget }: Target): void {
  retryBudget.deposit(now())
  hedge?.budget.deposit(now())
}

function tryOne(call: Dispatch, choices: Choices, choice: Choice): Promise<Answer | Failure> {
  const attempt = new Attempt(choice, call.record, call.now())
  return call.hedge === undefined ? runAttempt(call, choices, attempt) : hedged(call, call.hedge, choices, attempt)
}

/** Which of two failures the client reads: that one vendor cannot take the call must not hide that the right one is down. */
function moreInformative(before: Failure | undefined, latest: Failure): Failure {
  return latest.mismatch && before !== undefined && !before.mismatch ? before : latest
}

/** Whether the dialect of any of these targets can express the call. Sends nothing. Rejects only on faults of our own. */
async function isExpressible(call: Dispatch, targets: readonly Target[]): Promise<boolean> {
  for (const target of targets) if ((await tryPassage(call, target)) !== undefined) return true
  return false
}

/** Whether another attempt may follow: it might succeed, attempts are left, and the retry budget covers the load that it adds. */
function mayRetryElsewhere({ record, maxAttempts, now }: Dispatch, failure: Failure, failed: Target): boolean {
  if (!CONSEQUENCES[failure.kind].nextTarget && !failure.mismatch) return false
  if (record.attempts.length >= maxAttempts) return false
  // These add no load: the key or target that refused is in its cooldown, or had nothing to do.
  if (failure.mismatch || failure.ofKey) return true
  const paid = failed.retryBudget.withdraw(now())
  record.retryUnpaid = !paid
  return paid
}

/** Only where there is no other target and the route says so: otherwise a target that failed is not tried again (C7). */
function mayRetrySame(call: Dispatch, choices: Choices, { kind, ofKey }: Failure): boolean {
  return call.retrySameTarget && choices.single && choices.exhausted && !ofKey && TRANSIENT.includes(kind)
}

function noTarget({ envelope, keeper }: Dispatch, { waitMs, exact }: Refusal): Error {
  const after = { retryAfterMs: exact ? waitMs : roughly(waitMs) }
  const seconds = wholeSeconds(waitMs)
  return keeper === undefined ? NoTarget(after, envelope.model, seconds) : ResponseAway(after, keeper, seconds)
}

function conclude({ answer, error }: Failure): Answer {
  if (answer !== undefined) return answer
  throw error
}
