import type { Kind } from '../../call/fault.ts'
import { markResult } from '../../call/reasoning-origin.ts'
import { restoreNames } from '../../call/tool-words.ts'
import {
  Cancelled,
  faultOf,
  isSluiceError,
  type SluiceError,
  UpstreamAnswer,
  UpstreamKey,
  UpstreamNetwork,
  UpstreamTimeout,
} from '../../errors.ts'
import type { Envelope } from '../../relay/envelope.ts'
import { Flow, type FlowItem } from '../../relay/flow.ts'
import { hold } from '../../relay/hold.ts'
import type { Passage } from '../../relay/passage.ts'
import { holdsError, looksLikeJson, readWhole } from '../../relay/whole.ts'
import { type FailedOutcome, reasonForLog } from '../../upstream/failure.ts'
import { isEventStream, type Outcome, type StreamOutcome, type WholeOutcome } from '../../upstream/outcome.ts'
import type { Candidate } from '../target.ts'
import type { Answer, RefusedAnswer } from './answer.ts'
import type { Attempt } from './attempt.ts'
import { type Judgement, judge, judgeEvent, lacksEarlier } from './judge.ts'
import { restAfter } from './rest.ts'
import { wasteOf } from './waste.ts'

/** What it takes to ask a candidate. */
export interface Question {
  readonly envelope: Envelope
  /** Prepares the body for a candidate, whatever its key. Throws, or rejects with, InvalidRequest when the call cannot be said to it. */
  passage(candidate: Pick<Candidate, 'target'>): Passage | Promise<Passage>
  /** Sends it; settles at the head of the answer, never rejects. */
  forward(attempt: Attempt, passage: Passage): Promise<Outcome>
  /** Monotonic clock, ms. */
  now(): number
}

/** An attempt that failed: what follows, and what the client reads if it was the last one. */
export interface Failure {
  readonly kind: Kind
  /** The vendor's other keys may do better. */
  readonly ofKey: boolean
  /** Only this vendor is wrong for the call: its dialect has no words for it, or what it goes on from is kept by another. */
  readonly mismatch?: boolean
  readonly answer?: Answer
  readonly error?: SluiceError
}

export function isFailure(ended: Answer | Failure): ended is Failure {
  return 'kind' in ended
}

/** Makes one attempt: the answer, committed where it is a stream, or how it failed. Rejects only on faults of our own. */
export async function ask(call: Question, attempt: Attempt): Promise<Answer | Failure> {
  const { candidate } = attempt
  let passage: Passage
  let outcome: Outcome
  try {
    const prepared = call.passage(candidate)
    passage = prepared instanceof Promise ? await prepared : prepared
    outcome = await call.forward(attempt, passage)
  } catch (error) {
    // Not the target's doing, yet its breaker must hear of the end: a probe would keep its place.
    attempt.settle(call.now(), faultOf(error).kind)
    if (isSluiceError(error) && error.kind === 'invalid')
      return { kind: 'invalid', ofKey: false, mismatch: true, error }
    // The proof of who calls could not be had: another key, or another vendor, may do better.
    if (isSluiceError(error) && error.kind === 'upstream') return { kind: 'upstream', ofKey: true, error }
    throw error
  }
  if (outcome.type === 'failed') return failed(call, attempt, outcome)
  attempt.answered(call.now(), outcome)
  const ended =
    outcome.type === 'stream'
      ? await stream(call, attempt, passage, outcome)
      : (outcome.status >= 400 ? refused : whole)(call, attempt, passage, outcome)
  if (!isFailure(ended)) attempt.committed(call.now())
  return ended
}

function whole(call: Question, attempt: Attempt, passage: Passage, outcome: WholeOutcome): Answer | Failure {
  // Never followed: the key would travel along.
  if (outcome.status >= 300) return unreadable(call, attempt, 'it is a redirect')
  if (holdsError(outcome.body)) return refused(call, attempt, passage, outcome)
  // Some ignore the wish for a stream, as OpenAI's older transcriber does by its documentation.
  if (call.envelope.stream && passage.plain === undefined) return unreadable(call, attempt, 'it is not an event stream')
  if (!looksLikeJson(outcome.body)) return unreadable(call, attempt, 'it is not JSON')
  if (passage.lane === 'pass') return { ...outcome, attempt, passage }
  try {
    const { plain, names, signer } = passage
    if (plain !== undefined) return { ...outcome, body: plain.rewrite(outcome.body, outcome.headers), attempt, passage }
    const read = readWhole(outcome.body, passage.dialect)
    const result = markResult(read, signer, call.envelope.dialect.name)
    return { ...outcome, attempt, passage, result: names === undefined ? result : restoreNames(result, names) }
  } catch {
    return unreadable(call, attempt, 'it cannot be read in the dialect of the provider')
  }
}

function unreadable(call: Question, attempt: Attempt, reason: string): Failure {
  attempt.settle(call.now(), 'upstream', reason)
  return { kind: 'upstream', ofKey: false, error: UpstreamAnswer({}, reason) }
}

async function stream(
  call: Question,
  attempt: Attempt,
  passage: Passage,
  outcome: StreamOutcome,
): Promise<Answer | Failure> {
  const { status, headers } = outcome
  if (passage.plain !== undefined && !isEventStream(headers)) return { ...outcome, type: 'bytes', attempt, passage }
  if (!call.envelope.stream && passage.plain === undefined) {
    outcome.body.abort()
    return unreadable(call, attempt, 'it is an event stream that nobody asked for')
  }
  const flow = new Flow(outcome.body, passage.dialect)
  const held = await hold(flow, passage.lane === 'pass')
  if (held.type === 'failed') return failed(call, attempt, held.failure, held.items)
  if (held.type === 'faulted') {
    const judgement = judgeEvent(attempt.candidate.target.vendor.provider, held.fault)
    return refuse(call, attempt, judgement, 'an error event before any content', { passage, headers, body: undefined })
  }
  return {
    type: 'stream',
    attempt,
    passage,
    status,
    headers,
    flow,
    items: held.items,
    ...(held.ended && { ended: held.ended }),
  }
}

/** `items` is what had come of a stream. */
function failed(call: Question, attempt: Attempt, outcome: FailedOutcome, items: readonly FlowItem[] = []): Failure {
  const { kind, reason, cause } = outcome
  if (attempt.mayBeBilled(kind)) attempt.wasted(wasteOf(items, call.envelope))
  attempt.settle(call.now(), kind, reasonForLog(outcome))
  const make = kind === 'timeout' ? UpstreamTimeout : kind === 'network' ? UpstreamNetwork : undefined
  return { kind, ofKey: false, error: make === undefined ? Cancelled() : make({ cause }, reason) }
}

function refused(call: Question, attempt: Attempt, passage: Passage, outcome: WholeOutcome): Failure {
  const { status, headers, body } = outcome
  const judgement = judge(attempt.candidate.target.vendor.provider, passage.dialect, status, body)
  return refuse(call, attempt, judgement, `status ${status}`, { passage, headers, body })
}

/** Rests the key or the target that refused, where that follows; `reason` is for the log, `shown` what the client may read of it. */
function refuse(
  call: Question,
  attempt: Attempt,
  judgement: Judgement,
  reason: string,
  shown: Pick<RefusedAnswer, 'passage' | 'headers' | 'body'>,
): Failure {
  const { fault, kind, ourKey } = judgement
  const now = call.now()
  attempt.settle(now, ourKey ? 'unauthorized' : kind, ourKey ? 'the provider refused our key' : reason)
  const retryAfterMs = restAfter(attempt.candidate, judgement, shown.headers, now)
  if (ourKey) return { kind: 'upstream', ofKey: true, error: UpstreamKey() }
  const retryAfter = retryAfterMs === undefined ? {} : { retryAfterMs }
  return {
    kind,
    ofKey: kind === 'limited',
    ...(lacksEarlier(fault) && { mismatch: true }),
    answer: { type: 'refused', attempt, status: fault.status, fault, ...shown, ...retryAfter },
  }
}
