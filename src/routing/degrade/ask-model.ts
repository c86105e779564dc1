import { CONSEQUENCES, isSluiceError, type SluiceError } from '../../errors.ts'
import type { Answer } from '../attempt/answer.ts'
import { lacksEarlier } from '../attempt/judge.ts'
import { discard } from '../attempt/waste.ts'
import { type Dispatch, dispatch } from '../dispatch.ts'
import type { Standby, Target } from '../target.ts'
import { isFiltered } from './filtered.ts'

/** What another model is wanted for. */
export type Want = keyof Standby['models']

/** How asking one model has ended. `final`: nobody else could do better. */
export interface End {
  readonly why: 'answered' | 'final' | Want
  readonly outcome: Answer | SluiceError
  /** Who stood in, and by which step; absent where the model itself did. */
  readonly steps?: readonly string[]
}

/** Dispatches to one model. Rejects only where nobody else shall be asked: the client has left, or a fault of our own. */
export async function askModel(call: Dispatch, mindFilter: boolean): Promise<End> {
  try {
    const outcome = await dispatch(call)
    return { why: whyOf(outcome, mindFilter), outcome }
  } catch (error) {
    if (!isSluiceError(error) || error.kind === 'cancelled' || error.kind === 'internal') throw error
    return { why: CONSEQUENCES[error.kind].nextTarget ? 'down' : 'final', outcome: error }
  }
}

function whyOf(answer: Answer, mindFilter: boolean): End['why'] {
  if (answer.type !== 'refused')
    return mindFilter && answer.type !== 'bytes' && isFiltered(answer) ? 'content-filter' : 'answered'
  if (answer.fault.reason !== undefined) return answer.fault.reason
  const { failure } = answer.attempt.record
  return failure !== undefined && CONSEQUENCES[failure].nextTarget ? 'down' : 'final'
}

/**
 * A vendor finds the call itself wrong. It is no mistake in a call that it cannot be said in a vendor's dialect, or goes on from
 * what another one has.
 */
export function findsFault({ why, outcome }: End): boolean {
  if (why !== 'final' || outcome instanceof Error) return false
  return outcome.type !== 'refused' || !lacksEarlier(outcome.fault)
}

/** Those who have not failed this request: it asks nobody twice (C7). */
export function untried({ record }: Dispatch, targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ id }) => !record.attempts.some(({ target }) => target === id))
}

/** Ends an answer that its vendor's filter has stopped and that nobody will read. */
export function drop({ outcome }: End, { envelope, now }: Dispatch): void {
  if (outcome instanceof Error) return
  discard(outcome, envelope, now(), 'invalid', 'the content filter stopped it')
}
