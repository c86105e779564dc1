import { CONSEQUENCES, isSluiceError, type SluiceError } from '../../errors.ts'
import type { Answer } from '../attempt/answer.ts'
import { lacksEarlier } from '../attempt/judge.ts'
import { discard } from '../attempt/waste.ts'
import { type Dispatch, dispatch } from '../dispatch.ts'
import type { Standby, Target } from '../target.ts'
import { isFiltered } from './filtered.ts'

/** Why a stand-in is tried. */
export type FallbackReason = keyof Standby['models']

/** How trying one model has ended. `final`: no other model could do better. */
export interface ModelOutcome {
  readonly why: 'answered' | 'final' | FallbackReason
  readonly outcome: Answer | SluiceError
  /** The step and the stand-in that answered; absent where the model itself did. */
  readonly steps?: readonly string[]
}

/** Dispatches to one model. Rejects only where no other model may be tried: the client has left, or a fault of our own. */
export async function tryModel(call: Dispatch, seeksUnfiltered: boolean): Promise<ModelOutcome> {
  try {
    const outcome = await dispatch(call)
    return { why: whyOf(outcome, seeksUnfiltered), outcome }
  } catch (error) {
    if (!isSluiceError(error) || error.kind === 'cancelled' || error.kind === 'internal') throw error
    return { why: CONSEQUENCES[error.kind].nextTarget ? 'down' : 'final', outcome: error }
  }
}

function whyOf(answer: Answer, seeksUnfiltered: boolean): ModelOutcome['why'] {
  if (answer.type !== 'refused')
    return seeksUnfiltered && answer.type !== 'bytes' && isFiltered(answer) ? 'content-filter' : 'answered'
  if (answer.fault.reason !== undefined) return answer.fault.reason
  const { failure } = answer.attempt.record
  return failure !== undefined && CONSEQUENCES[failure].nextTarget ? 'down' : 'final'
}

/**
 * Whether a vendor found the call itself wrong. That it cannot be expressed in a vendor's dialect, or continues a response that another
 * vendor has, is no mistake in the call.
 */
export function findsFault({ why, outcome }: ModelOutcome): boolean {
  if (why !== 'final' || outcome instanceof Error) return false
  return outcome.type !== 'refused' || !lacksEarlier(outcome.fault)
}

/** The targets that this request has not tried: it tries none twice (C7). */
export function untried({ record }: Dispatch, targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ id }) => !record.attempts.some(({ target }) => target === id))
}

/** Ends an answer that the vendor's filter stopped and that nobody will read. */
export function discardOutcome({ outcome }: ModelOutcome, { envelope, now }: Dispatch): void {
  if (outcome instanceof Error) return
  discard(outcome, envelope, now(), 'invalid', 'the content filter stopped it')
}
