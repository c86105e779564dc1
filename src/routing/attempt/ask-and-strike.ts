import type { CallRecord } from '../../meter/record.ts'
import type { Choices } from '../choices.ts'
import type { Place } from '../queue/place.ts'
import type { Answer } from './answer.ts'
import { ask, type Failure, isFailure, type Question } from './ask.ts'
import type { Attempt } from './attempt.ts'

/** What one request brings to each of its attempts. */
export interface Asking extends Question {
  readonly record: CallRecord
  readonly maxAttempts: number
  /** The only target there is may be asked again. */
  readonly retrySameTarget: boolean
  /** Its place in the route's queue, where there is one. */
  readonly place?: Place | undefined
}

/** Makes one attempt; who failed is not asked again, but for those at a limit whom a queue will wait for. */
export async function askAndStrike(call: Asking, choices: Choices, attempt: Attempt): Promise<Answer | Failure> {
  const ended = await ask(call, attempt)
  if (isFailure(ended) && !mayWaitFor(attempt, ended, call)) choices.strike(attempt.candidate, ended.ofKey)
  return ended
}

function mayWaitFor({ candidate }: Attempt, { kind }: Failure, { place, now }: Asking): boolean {
  return place !== undefined && kind === 'limited' && !candidate.gate.ready(now())
}
