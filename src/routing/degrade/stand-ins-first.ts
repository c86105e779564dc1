import type { Operation } from '../../call/call.ts'
import { Cancelled } from '../../errors.ts'
import type { Passage } from '../../relay/passage.ts'
import { tryPassage } from '../attempt/try-passage.ts'
import type { Dispatch } from '../dispatch.ts'
import { isReady } from '../order.ts'
import type { Route, Target } from '../target.ts'
import type { DegradeContext } from './degrade-context.ts'
import { pressureOn } from './pressure.ts'
import { ordered } from './stand-ins.ts'
import type { Step } from './steps.ts'
import { discardOutcome, findsFault, type ModelOutcome, tryModel, untried } from './try-model.ts'

/**
 * Operations in which one model can replace another. Vectors of two models cannot be compared, and their token counts differ, so
 * those calls go elsewhere only where their own model cannot answer.
 */
const REPLACEABLE: readonly Operation[] = ['chat', 'responses', 'completions']

/** The step, of those that are due, by which a call goes to the stand-ins first; undefined where none does. */
export function standInsFirstStep(operation: Operation, due: readonly Step[]): Step | undefined {
  const step = due.find(goesElsewhere)
  return step !== undefined && REPLACEABLE.includes(operation) ? step : undefined
}

function goesElsewhere({ degradeTo }: Step): boolean {
  return degradeTo === true
}

/**
 * Tries the smaller models before the model itself, as far as they have room and their dialects can express all of the call. One
 * attempt is reserved for the model's own targets: a refusal here may be the smaller model's alone. Returns an answer, a vendor's
 * finding that the call is wrong, or undefined. Throws as `tryModel`.
 */
export async function tryStandInsFirst(context: DegradeContext, step: Step): Promise<ModelOutcome | undefined> {
  const { call, standby } = context
  // A vendor of the same dialect would be sent it unchanged, and refuse it at the cost of an attempt.
  if (call.envelope.read()?.ofOneModel !== undefined) return undefined
  const maxAttempts = call.maxAttempts - 1
  let refusal: ModelOutcome | undefined
  for (const model of standby.models.down) {
    if (call.record.attempts.length >= maxAttempts) break
    const targets = context.may(model) ? withRoom(context, context.route(model)) : []
    const passages = await losslessPassages(call, targets)
    if (passages.size === 0) continue
    // An answer that its filter stopped does not count here, whether or not the model has fallbacks for that.
    const end = await tryModel(callTo(call, passages, maxAttempts), true)
    if (end.why === 'answered') return { ...end, steps: [step.name, model] }
    if (findsFault(end)) refusal = end
    discardOutcome(end, call)
    if (!call.present()) throw Cancelled()
  }
  return refusal
}

/** It neither queues nor retries here: the model's own targets follow. */
function callTo(call: Dispatch, passages: ReadonlyMap<Target, Passage>, maxAttempts: number): Dispatch {
  const targets = [...passages.keys()]
  const passage: Dispatch['passage'] = ({ target }) => passages.get(target) as Passage
  return { ...call, targets, passage, maxAttempts, ticket: undefined, retrySameTarget: false }
}

/**
 * The call as it would travel to each of these targets that can take all of it. Nothing is sent, so the others cost no attempt and may
 * still be tried later. Rejects only on faults of our own.
 */
async function losslessPassages(
  call: Pick<Dispatch, 'passage'>,
  targets: readonly Target[],
): Promise<ReadonlyMap<Target, Passage>> {
  const passages = new Map<Target, Passage>()
  for (const target of targets) {
    const passage = await tryPassage(call, target)
    if (passage?.losses.length === 0) passages.set(target, passage)
  }
  return passages
}

/** The targets of a stand-in that can take a call at once without taking it from requests for that model. */
function withRoom(context: DegradeContext, route: Route): readonly Target[] {
  const { call, standby, keeps } = context
  const now = call.now()
  // A target of the model's own is no relief for it.
  const others = route.targets.filter(({ id }) => call.targets.every(target => target.id !== id))
  if (isPressed(route, others, standby.relief?.pressure ?? 1, now)) return []
  const fits = (target: Target) =>
    others.includes(target) &&
    // The next turn of the conversation looks for the vendor among the model's own targets.
    (!keeps || call.targets.some(({ vendor }) => vendor === target.vendor)) &&
    isReady(target, now)
  return untried(call, ordered(context, route)).filter(fits)
}

/** It has a queue of its own, or sends its calls elsewhere itself, or its targets are under as much pressure as those it should relieve. */
function isPressed({ queue, standby }: Route, targets: readonly Target[], pressure: number, now: number): boolean {
  if (queue?.busy === true || pressureOn(targets, queue, now) >= pressure) return true
  return standby?.relief?.due(now).some(goesElsewhere) === true
}
