import type { Operation } from '../../call/call.ts'
import { Cancelled } from '../../errors.ts'
import type { Passage } from '../../relay/passage.ts'
import type { Dispatch } from '../dispatch.ts'
import { isReady } from '../order.ts'
import type { Route, Target } from '../target.ts'
import { askModel, drop, type End, findsFault, untried } from './ask-model.ts'
import type { Descent } from './descent.ts'
import { losslessPassages } from './lossless.ts'
import { pressureOn } from './pressure.ts'
import { ordered } from './stand-ins.ts'
import type { Step } from './steps.ts'

/**
 * What any model can do for another. The vectors of two models cannot be compared, and what a prompt counts at one is wrong
 * for the other, so those calls go elsewhere only where their own model cannot answer.
 */
const WRITTEN: readonly Operation[] = ['chat', 'responses', 'completions']

/** The step, of those that are due, by which such a call goes to other models first. */
export function stepAhead(operation: Operation, due: readonly Step[]): Step | undefined {
  const step = due.find(goesElsewhere)
  return step !== undefined && WRITTEN.includes(operation) ? step : undefined
}

function goesElsewhere({ degradeTo }: Step): boolean {
  return degradeTo === true
}

/**
 * Asks the models below before the model itself, those that have room and can be asked all of the call. One attempt is kept for
 * the model's own targets, which may know better: a refusal here may be the smaller model's alone. Ends with an answer, with a
 * vendor's word that the call is wrong, or undefined. Throws as `askModel`.
 */
export async function askAhead(descent: Descent, step: Step): Promise<End | undefined> {
  const { call, standby } = descent
  // To a vendor of the same dialect it would go as it is, and be refused there at the cost of an attempt.
  if (call.envelope.read()?.ofOneModel !== undefined) return undefined
  const maxAttempts = call.maxAttempts - 1
  let refusal: End | undefined
  for (const model of standby.models.down) {
    if (call.record.attempts.length >= maxAttempts) break
    const targets = descent.may(model) ? withRoom(descent, descent.route(model)) : []
    const passages = await losslessPassages(call, targets)
    if (passages.size === 0) continue
    // What its filter has stopped is no answer here, whether or not the model has others for that.
    const end = await askModel(callAhead(call, passages, maxAttempts), true)
    if (end.why === 'answered') return { ...end, steps: [step.name, model] }
    if (findsFault(end)) refusal = end
    drop(end, call)
    if (!call.present()) throw Cancelled()
  }
  return refusal
}

/** Nobody waits here, and nobody is asked twice: the model's own targets are there. */
function callAhead(call: Dispatch, passages: ReadonlyMap<Target, Passage>, maxAttempts: number): Dispatch {
  const targets = [...passages.keys()]
  const passage: Dispatch['passage'] = ({ target }) => passages.get(target) as Passage
  return { ...call, targets, passage, maxAttempts, ticket: undefined, retrySameTarget: false }
}

/** The targets of a stand-in that can take a call at once without taking it from those who ask for that model. */
function withRoom(descent: Descent, route: Route): readonly Target[] {
  const { call, standby, keeps } = descent
  const now = call.now()
  // What leads to the model's own target is no relief for it.
  const others = route.targets.filter(({ id }) => call.targets.every(target => target.id !== id))
  if (isPressed(route, others, standby.relief?.pressure ?? 1, now)) return []
  const fits = (target: Target) =>
    others.includes(target) &&
    // The next turn looks for its vendor among the model's own targets.
    (!keeps || call.targets.some(({ vendor }) => vendor === target.vendor)) &&
    isReady(target, now)
  return untried(call, ordered(descent, route)).filter(fits)
}

/** Others wait for it, or it sends its own calls elsewhere, or its targets are as hard pressed as those that it is to relieve. */
function isPressed({ queue, standby }: Route, targets: readonly Target[], pressure: number, now: number): boolean {
  if (queue?.busy === true || pressureOn(targets, queue, now) >= pressure) return true
  return standby?.relief?.due(now).some(goesElsewhere) === true
}
