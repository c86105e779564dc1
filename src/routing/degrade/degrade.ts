import { Cancelled, CONSEQUENCES, isSluiceError, type SluiceError } from '../../errors.ts'
import { cannedResult } from '../../relay/canned.ts'
import type { Answer, CannedAnswer } from '../attempt/answer.ts'
import { putAway } from '../attempt/waste.ts'
import { type Dispatch, dispatch } from '../dispatch.ts'
import type { Standby, Target } from '../target.ts'
import { isFiltered } from './filtered.ts'
import { CANNED, LAST_RESORT } from './step-names.ts'
import { takeSteps } from './steps.ts'

/** A call to a model that has others to stand in for it. */
export interface Descent {
  /** To the model's own targets; its `maxAttempts` counts for all who are asked. */
  readonly call: Dispatch
  readonly standby: Standby
  /** Whether the caller may use the model of this name. */
  readonly may: (model: string) => boolean
  /** The targets of a model under `models`, best first. */
  readonly targets: (model: string) => readonly Target[]
}

/** How asking one model has ended. `final`: nobody else could do better. */
interface End {
  readonly why: 'answered' | 'final' | Want
  readonly outcome: Answer | SluiceError
  /** Who stood in; absent where the model itself did. */
  readonly step?: string
}

/** What another model is wanted for. */
type Want = keyof Standby['models']

interface StandIn {
  /** What headers and metrics call it. */
  readonly step: string
  readonly targets: readonly Target[]
}

/**
 * As `dispatch`, for a model with a standby: cheaper under lasting pressure, and where its own targets cannot answer, the
 * others in order, then the operator's own words. Who is asked is always asked by `dispatch`, on the same record. Says in
 * the record how the answer is less than what was asked for.
 */
export async function degrade(descent: Descent): Promise<Answer | CannedAnswer> {
  const { call, standby } = descent
  const steps = relieve(call, standby)
  const end = await descend(descent)
  const canned = end.why === 'down' ? cannedAnswer(call, standby) : undefined
  const outcome = canned ?? end.outcome
  if (outcome instanceof Error) throw outcome
  const step = canned === undefined ? end.step : CANNED
  if (outcome.type !== 'refused') call.record.degraded = step === undefined ? steps : [...steps, step]
  return outcome
}

function cannedAnswer({ envelope, record }: Dispatch, { canned }: Standby): CannedAnswer | undefined {
  if (canned === undefined) return undefined
  const result = cannedResult(canned, envelope, `sluice-${record.id}`, Math.floor(Date.now() / 1000))
  return result && { type: 'canned', result }
}

function relieve({ envelope, now }: Dispatch, { relief }: Standby): readonly string[] {
  const due = relief?.due(now()) ?? []
  return due.length === 0 ? [] : takeSteps(envelope, due)
}

/** Asks the model itself, then who stands in for it. What is not returned is over. */
async function descend(descent: Descent): Promise<End> {
  const { call, standby } = descent
  const first = await ask(firstCall(descent), standby.models['content-filter'].length > 0)
  if (first.why === 'answered' || first.why === 'final') return first
  let last: End | undefined
  try {
    last = await askOthers(descent, first, first.why)
    return last
  } finally {
    if (last !== first) drop(first, call)
  }
}

/** One attempt is kept for those who stand in: else a model that fails slowly would use up all of them. */
function firstCall({ call, standby, may }: Descent): Dispatch {
  const others = standby.lastResort !== undefined || standby.models.down.some(may)
  return others ? { ...call, maxAttempts: Math.max(1, call.maxAttempts - 1) } : call
}

/** The first answer of those who stand in; without any, the end that helps the client most: a 503 is worth a retry. */
async function askOthers(descent: Descent, first: End, want: Want): Promise<End> {
  const { call } = descent
  const { attempts } = call.record
  let shown = first
  for (const { step, targets } of standIns(descent, want)) {
    if (attempts.length >= call.maxAttempts) break
    if (!call.present()) throw Cancelled()
    // Who has failed this request is not asked again (C7).
    const untried = targets.filter(({ id }) => !attempts.some(({ target }) => target === id))
    if (untried.length === 0) continue
    // It does not wait in the queue of the model that was asked for.
    const end = await ask({ ...call, targets: untried, place: undefined }, want === 'content-filter')
    // A vendor that finds the call wrong is believed; that a call cannot be said in a stand-in's dialect is no mistake in it.
    if (end.why === 'answered' || (end.why === 'final' && !(end.outcome instanceof Error))) return { ...end, step }
    drop(end, call)
    if (end.why === 'down' && shown.why !== 'down') shown = end
  }
  return shown
}

/** One after another, since putting a model's targets in order counts as a use of it. */
function* standIns({ standby, may, targets }: Descent, want: Want): Generator<StandIn> {
  for (const model of standby.models[want]) if (may(model)) yield { step: model, targets: targets(model) }
  if (want === 'down' && standby.lastResort !== undefined) yield { step: LAST_RESORT, targets: [standby.lastResort] }
}

/** Dispatches to one model. Rejects only where nobody else shall be asked: the client has left, or a fault of our own. */
async function ask(call: Dispatch, mindFilter: boolean): Promise<End> {
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

/** Ends an answer that its vendor's filter has stopped and that nobody will read. */
function drop({ outcome }: End, { envelope, now }: Dispatch): void {
  if (outcome instanceof Error) return
  putAway(outcome, envelope, now(), 'invalid', 'the content filter stopped it')
}
