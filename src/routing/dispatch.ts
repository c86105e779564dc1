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

/** Everything that one client request brings to the loop. */
export interface Dispatch extends AttemptContext {
  /** Best first; each target once. */
  readonly targets: readonly Target[]
  /** When to ask a second target before the first has answered; never unless set. */
  readonly hedge: HedgeRule | undefined
  /** The only target that has what the call goes on from; undefined where any may be asked. */
  readonly keeper?: string | undefined
  /** The client is still there. */
  present(): boolean
  /** Settles after so many ms. */
  wait(ms: number): Promise<void>
  /** In [0, 1). */
  random(): number
}

/** What may be over in a moment, so that the only target there is may be asked again. */
const PASSING: readonly Failure['kind'][] = ['network', 'overloaded', 'upstream']

/**
 * The only loop: asks the targets in order until one answers, the client's own fault is found, or the attempts or what pays
 * for them are used up. Returns what the client is to read; throws a SluiceError where there is nothing of a vendor's to
 * show. Once it has returned, the answer is committed and nothing is tried again.
 */
export async function dispatch(call: Dispatch): Promise<Answer> {
  const choices = new Choices(call.targets, call.envelope.tokens)
  let failure: Failure | undefined
  for (;;) {
    const found = call.ticket === undefined ? choices.next(call.now()) : call.ticket.next(choices)
    const choice = found instanceof Promise ? await found : found
    if (isRefusal(choice)) {
      if (failure === undefined || (failure.mismatch && (await isSaid(call, choices.unfailed))))
        throw nobody(call, choice)
      if (!mayAskAgain(call, choices, failure)) return conclude(failure)
      await call.wait(backoffMs(call.record.attempts.length, call.random()))
      choices.restore()
    } else {
      const { target } = choice.candidate
      if (call.record.attempts.length === 0) payIn(call, target)
      // Another model may have had no budget for one more attempt; here is one all the same.
      call.record.retryUnpaid = false
      const ended = await askOne(call, choices, choice)
      if (!isFailure(ended)) return ended
      failure = telling(failure, ended)
      if (!mayGoOn(call, ended, target)) return conclude(failure)
    }
    if (!call.present()) throw Cancelled()
  }
}

/** First tries pay for second ones: those of a request, not of each model that stands in for another. */
function payIn({ hedge, now }: Dispatch, { retryBudget }: Target): void {
  retryBudget.deposit(now())
  hedge?.budget.deposit(now())
}

function askOne(call: Dispatch, choices: Choices, choice: Choice): Promise<Answer | Failure> {
  const attempt = new Attempt(choice, call.record, call.now())
  return call.hedge === undefined ? runAttempt(call, choices, attempt) : hedged(call, call.hedge, choices, attempt)
}

/** What the client is to hear of two failures: that one vendor is wrong for its call does not hide that the right one is down. */
function telling(before: Failure | undefined, latest: Failure): Failure {
  return latest.mismatch && before !== undefined && !before.mismatch ? before : latest
}

/** Whether the call can be said to one of these targets. Asks nobody. Rejects with faults of our own only. */
async function isSaid(call: Dispatch, targets: readonly Target[]): Promise<boolean> {
  for (const target of targets) if ((await tryPassage(call, target)) !== undefined) return true
  return false
}

/** Whether another attempt may follow: it might go better, it is one of those allowed, and it adds no more load than is paid for. */
function mayGoOn({ record, maxAttempts, now }: Dispatch, failure: Failure, failed: Target): boolean {
  if (!CONSEQUENCES[failure.kind].nextTarget && !failure.mismatch) return false
  if (record.attempts.length >= maxAttempts) return false
  // No load follows from these: the key or target that refused rests, or had nothing to do.
  if (failure.mismatch || failure.ofKey) return true
  const paid = failed.retryBudget.withdraw(now())
  record.retryUnpaid = !paid
  return paid
}

/** Only where there is nobody else, and the route says so: who failed is otherwise not asked again in the same request (C7). */
function mayAskAgain(call: Dispatch, choices: Choices, { kind, ofKey }: Failure): boolean {
  return call.retrySameTarget && choices.single && choices.exhausted && !ofKey && PASSING.includes(kind)
}

function nobody({ envelope, keeper }: Dispatch, { waitMs, exact }: Refusal): Error {
  const after = { retryAfterMs: exact ? waitMs : roughly(waitMs) }
  const seconds = wholeSeconds(waitMs)
  return keeper === undefined ? NoTarget(after, envelope.model, seconds) : ResponseAway(after, keeper, seconds)
}

function conclude({ answer, error }: Failure): Answer {
  if (answer !== undefined) return answer
  throw error
}
