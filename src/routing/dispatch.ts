import { Cancelled, CONSEQUENCES, NoTarget } from '../errors.ts'
import type { CallRecord } from '../meter/record.ts'
import type { Answer } from './answer.ts'
import { ask, type Failure, isFailure, type Question } from './ask.ts'
import { Attempt } from './attempt.ts'
import { Choices } from './choices.ts'
import type { Place } from './place.ts'
import type { Candidate, Target } from './target.ts'

/** Everything that one client request brings to the loop. */
export interface Dispatch extends Question {
  /** Best first; each target once. */
  readonly targets: readonly Target[]
  readonly maxAttempts: number
  readonly record: CallRecord
  /** The client is still there. */
  present(): boolean
  /** Its place in the route's queue, where there is one. */
  readonly place?: Place | undefined
}

/**
 * The only loop: asks the targets in order until one answers, the client's own fault is found, or the attempts are used
 * up. Returns what the client is to read; throws a SluiceError where there is nothing of a vendor's to show. Once it has
 * returned, the answer is committed and nothing is tried again.
 */
export async function dispatch(call: Dispatch): Promise<Answer> {
  const choices = new Choices(call.targets)
  let failure: Failure | undefined
  for (;;) {
    const found = call.place === undefined ? choices.next(call.now()) : call.place.next(choices)
    const next = found instanceof Promise ? await found : found
    if ('reason' in next) {
      if (failure !== undefined) return conclude(failure)
      const seconds = Math.max(1, Math.ceil(next.waitMs / 1000))
      throw NoTarget({ retryAfter: seconds }, call.envelope.model, seconds)
    }
    const { candidate, permit } = next
    const ended = await ask(call, new Attempt(candidate, permit, call.record, call.now()))
    if (!isFailure(ended)) return ended
    failure = ended
    if (!call.present()) throw Cancelled()
    if (!CONSEQUENCES[ended.kind].nextTarget && !ended.unsaid) return conclude(failure)
    if (call.record.attempts.length >= call.maxAttempts) return conclude(failure)
    if (!mayWaitFor(candidate, ended, call)) choices.strike(candidate, ended.ofKey)
  }
}

/** Who rests at a limit is asked again afterwards, by those that can wait. */
function mayWaitFor({ gate }: Candidate, { kind }: Failure, { place, now }: Dispatch): boolean {
  return place !== undefined && kind === 'limited' && !gate.ready(now())
}

function conclude({ answer, error }: Failure): Answer {
  if (answer !== undefined) return answer
  throw error
}
