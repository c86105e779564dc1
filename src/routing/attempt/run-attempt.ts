import { faultOf, isSluiceError } from '../../errors.ts'
import type { Passage } from '../../relay/passage.ts'
import type { Outcome } from '../../upstream/outcome.ts'
import type { Choices } from '../choices.ts'
import { type Answer, type Failure, isFailure } from './answer.ts'
import type { Attempt } from './attempt.ts'
import type { AttemptContext } from './attempt-context.ts'
import { readOutcome } from './read-outcome.ts'

/**
 * Makes one attempt: the answer, committed where it is a stream, or how it failed. A candidate that failed is excluded from the
 * request's further choices, unless it is at a limit for which the queue waits. Rejects only on faults of our own.
 */
export async function runAttempt(call: AttemptContext, choices: Choices, attempt: Attempt): Promise<Answer | Failure> {
  const ended = await send(call, attempt)
  if (!isFailure(ended)) attempt.committed(call.now())
  else if (!mayWaitFor(attempt, ended, call)) choices.exclude(attempt.candidate, ended.ofKey)
  return ended
}

async function send(call: AttemptContext, attempt: Attempt): Promise<Answer | Failure> {
  let passage: Passage
  let outcome: Outcome
  try {
    const prepared = call.passage(attempt.candidate)
    passage = prepared instanceof Promise ? await prepared : prepared
    outcome = await call.forward(attempt, passage)
  } catch (error) {
    // Not the target's doing, yet the end is reported to its breaker: a probe would keep its slot.
    attempt.settle(call.now(), faultOf(error).kind)
    if (isSluiceError(error) && error.kind === 'invalid')
      return { kind: 'invalid', ofKey: false, mismatch: true, error }
    // The request could not be signed: another key, or another vendor, may do better.
    if (isSluiceError(error) && error.kind === 'upstream') return { kind: 'upstream', ofKey: true, error }
    throw error
  }
  return readOutcome(call, attempt, passage, outcome)
}

function mayWaitFor({ candidate }: Attempt, { kind }: Failure, { ticket, now }: AttemptContext): boolean {
  return ticket !== undefined && kind === 'limited' && !candidate.gate.ready(now())
}
