import { Cancelled } from '../../errors.ts'
import { cannedResult } from '../../relay/canned.ts'
import type { Answer, CannedAnswer } from '../attempt/answer.ts'
import type { Dispatch } from '../dispatch.ts'
import type { Standby } from '../target.ts'
import type { DegradeContext } from './degrade-context.ts'
import { standIns } from './stand-ins.ts'
import { standInsFirstStep, tryStandInsFirst } from './stand-ins-first.ts'
import { CANNED } from './step-names.ts'
import { type Step, takeSteps } from './steps.ts'
import { discardOutcome, type FallbackReason, findsFault, type ModelOutcome, tryModel, untried } from './try-model.ts'

/**
 * As `dispatch`, for a model with a standby: under lasting pressure the call is made cheaper; where the model's own targets cannot
 * answer, its stand-ins follow in order, then the canned answer. All are tried by `dispatch`, on the same record, which notes how
 * the answer is less than what was requested.
 */
export async function degrade(context: DegradeContext): Promise<Answer | CannedAnswer> {
  const { call, standby } = context
  const due = standby.relief?.due(call.now()) ?? []
  const cheaper = takeSteps(call.envelope, due)
  const end = await tryAll(context, due)
  const canned = end.why === 'down' ? cannedAnswer(call, standby) : undefined
  const outcome = canned ?? end.outcome
  if (outcome instanceof Error) throw outcome
  const others = canned === undefined ? end.steps : [CANNED]
  // A step may have the name of its model.
  if (outcome.type !== 'refused')
    call.record.degraded = others === undefined ? cheaper : [...new Set([...cheaper, ...others])]
  return outcome
}

function cannedAnswer({ envelope, record }: Dispatch, { canned }: Standby): CannedAnswer | undefined {
  if (canned === undefined) return undefined
  const result = cannedResult(canned, envelope, `sluice-${record.id}`, Math.floor(Date.now() / 1000))
  return result && { type: 'canned', result }
}

/** Tries the model itself, then its stand-ins; under a step that says so, those come first. */
async function tryAll(context: DegradeContext, due: readonly Step[]): Promise<ModelOutcome> {
  const step = standInsFirstStep(context.call.envelope.operation, due)
  if (step === undefined) return tryModelThenStandIns(context)
  const early = await tryStandInsFirst(context, step)
  if (early?.why === 'answered') return early
  return tryModelThenStandIns(context, early)
}

/** Tries the model itself, then its stand-ins. An outcome that is not returned is discarded. `refusal` is that of a stand-in tried before. */
async function tryModelThenStandIns(context: DegradeContext, refusal?: ModelOutcome): Promise<ModelOutcome> {
  const { call, standby } = context
  const first = await tryModel(firstCall(context), standby.models['content-filter'].length > 0)
  if (first.why === 'answered' || first.why === 'final') return first
  // Where the model itself gave no verdict, the stand-in's refusal counts.
  if (first.why === 'down' && refusal !== undefined) return refusal
  let last: ModelOutcome | undefined
  try {
    last = await tryStandIns(context, first, first.why)
    return last
  } finally {
    if (last !== first) discardOutcome(first, call)
  }
}

/** One attempt is reserved for the stand-ins, or a model that fails slowly would use up all of them. */
function firstCall({ call, standby, may }: DegradeContext): Dispatch {
  const others = standby.lastResort !== undefined || standby.models.down.some(may)
  return others ? { ...call, maxAttempts: Math.max(1, call.maxAttempts - 1) } : call
}

/** The first answer of a stand-in; else the outcome that helps the client most: a 503 is worth a retry. */
async function tryStandIns(
  context: DegradeContext,
  first: ModelOutcome,
  reason: FallbackReason,
): Promise<ModelOutcome> {
  const { call } = context
  const { attempts } = call.record
  let shown = first
  for (const { step, targets } of standIns(context, reason)) {
    if (attempts.length >= call.maxAttempts) break
    if (!call.present()) throw Cancelled()
    const left = untried(call, targets)
    if (left.length === 0) continue
    // It does not wait in the queue of the requested model.
    const end = await tryModel({ ...call, targets: left, ticket: undefined }, reason === 'content-filter')
    if (end.why === 'answered' || findsFault(end)) return { ...end, steps: [step] }
    discardOutcome(end, call)
    if (end.why === 'down' && shown.why !== 'down') shown = end
  }
  return shown
}
