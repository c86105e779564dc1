import { Cancelled } from '../../errors.ts'
import { cannedResult } from '../../relay/canned.ts'
import type { Answer, CannedAnswer } from '../attempt/answer.ts'
import type { Dispatch } from '../dispatch.ts'
import type { Standby } from '../target.ts'
import { askAhead, stepAhead } from './ahead.ts'
import { askModel, drop, type End, findsFault, untried, type Want } from './ask-model.ts'
import { type Descent, mindsFilter } from './descent.ts'
import { standIns } from './stand-ins.ts'
import { CANNED } from './step-names.ts'
import { type Step, takeSteps } from './steps.ts'

/**
 * As `dispatch`, for a model with a standby: for less under lasting pressure, and where its own targets cannot answer, the
 * others in order, then the operator's own words. Who is asked is always asked by `dispatch`, on the same record. Says in
 * the record how the answer is less than what was asked for.
 */
export async function degrade(descent: Descent): Promise<Answer | CannedAnswer> {
  const { call, standby } = descent
  const due = standby.relief?.due(call.now()) ?? []
  const cheaper = takeSteps(call.envelope, due)
  const end = await askAll(descent, due)
  const canned = end.why === 'down' ? cannedAnswer(call, standby) : undefined
  const outcome = canned ?? end.outcome
  if (outcome instanceof Error) throw outcome
  const others = canned === undefined ? end.steps : [CANNED]
  // A step may be called as its model is.
  if (outcome.type !== 'refused')
    call.record.degraded = others === undefined ? cheaper : [...new Set([...cheaper, ...others])]
  return outcome
}

function cannedAnswer({ envelope, record }: Dispatch, { canned }: Standby): CannedAnswer | undefined {
  if (canned === undefined) return undefined
  const result = cannedResult(canned, envelope, `sluice-${record.id}`, Math.floor(Date.now() / 1000))
  return result && { type: 'canned', result }
}

/** Asks the model itself, then who stands in for it; under a step that says so, those come first. */
async function askAll(descent: Descent, due: readonly Step[]): Promise<End> {
  const step = stepAhead(descent.call.envelope.operation, due)
  if (step === undefined) return descend(descent)
  const early = await askAhead(descent, step)
  if (early?.why === 'answered') return early
  return descend(descent, early)
}

/** Asks the model itself, then who stands in for it. What is not returned is over. `refusal` is what one of those has said before. */
async function descend(descent: Descent, refusal?: End): Promise<End> {
  const { call, standby } = descent
  const first = await askModel(firstCall(descent), mindsFilter(standby))
  if (first.why === 'answered' || first.why === 'final') return first
  // Where the model itself cannot say, a stand-in is believed.
  if (first.why === 'down' && refusal !== undefined) return refusal
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
    const left = untried(call, targets)
    if (left.length === 0) continue
    // It does not wait in the queue of the model that was asked for.
    const end = await askModel({ ...call, targets: left, ticket: undefined }, want === 'content-filter')
    if (end.why === 'answered' || findsFault(end)) return { ...end, steps: [step] }
    drop(end, call)
    if (end.why === 'down' && shown.why !== 'down') shown = end
  }
  return shown
}
