import { markResult } from '../../call/reasoning-origin.ts'
import { restoreNames } from '../../call/tool-words.ts'
import { Cancelled, UpstreamAnswer, UpstreamKey, UpstreamNetwork, UpstreamTimeout } from '../../errors.ts'
import { Flow, type FlowItem } from '../../relay/flow.ts'
import { hold } from '../../relay/hold.ts'
import type { Passage } from '../../relay/passage.ts'
import { holdsError, looksLikeJson, readWhole } from '../../relay/whole.ts'
import { type FailedOutcome, reasonForLog } from '../../upstream/failure.ts'
import { isEventStream, type Outcome, type StreamOutcome, type WholeOutcome } from '../../upstream/outcome.ts'
import type { Answer, Failure, RefusedAnswer } from './answer.ts'
import type { Attempt } from './attempt.ts'
import type { AttemptContext } from './attempt-context.ts'
import { coolDown } from './cool-down.ts'
import { type Judgement, judge, judgeEvent, lacksEarlier } from './judge.ts'
import { wasteOf } from './waste.ts'

/** What the outcome of an attempt means: an answer, committed where it is a stream, or a failure, which is settled. */
export function readOutcome(
  call: AttemptContext,
  attempt: Attempt,
  passage: Passage,
  outcome: Outcome,
): Answer | Failure | Promise<Answer | Failure> {
  if (outcome.type === 'failed') return failed(call, attempt, outcome)
  attempt.answered(call.now(), outcome)
  if (outcome.type === 'stream') return stream(call, attempt, passage, outcome)
  return (outcome.status >= 400 ? refused : whole)(call, attempt, passage, outcome)
}

function whole(call: AttemptContext, attempt: Attempt, passage: Passage, outcome: WholeOutcome): Answer | Failure {
  // Never followed: the key would travel along.
  if (outcome.status >= 300) return unreadable(call, attempt, 'it is a redirect')
  if (holdsError(outcome.body)) return refused(call, attempt, passage, outcome)
  // Some ignore the request for a stream, as OpenAI's older transcriber does by its documentation.
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

function unreadable(call: AttemptContext, attempt: Attempt, reason: string): Failure {
  attempt.settle(call.now(), 'upstream', reason)
  return { kind: 'upstream', ofKey: false, error: UpstreamAnswer({}, reason) }
}

async function stream(
  call: AttemptContext,
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

/** `items` are those that had come of a stream. */
function failed(
  call: AttemptContext,
  attempt: Attempt,
  outcome: FailedOutcome,
  items: readonly FlowItem[] = [],
): Failure {
  const { kind, reason, cause } = outcome
  if (attempt.mayBeBilled(kind)) attempt.wasted(wasteOf(items, call.envelope))
  attempt.settle(call.now(), kind, reasonForLog(outcome))
  const make = kind === 'timeout' ? UpstreamTimeout : kind === 'network' ? UpstreamNetwork : undefined
  return { kind, ofKey: false, error: make === undefined ? Cancelled() : make({ cause }, reason) }
}

function refused(call: AttemptContext, attempt: Attempt, passage: Passage, outcome: WholeOutcome): Failure {
  const { status, headers, body } = outcome
  const judgement = judge(attempt.candidate.target.vendor.provider, passage.dialect, status, body)
  return refuse(call, attempt, judgement, `status ${status}`, { passage, headers, body })
}

/** The failure of a refusal, with the cooldown that it calls for. `reason` is for the log, `shown` what the client may read of it. */
function refuse(
  call: AttemptContext,
  attempt: Attempt,
  judgement: Judgement,
  reason: string,
  shown: Pick<RefusedAnswer, 'passage' | 'headers' | 'body'>,
): Failure {
  const { fault, kind, ourKey } = judgement
  const now = call.now()
  attempt.settle(now, ourKey ? 'unauthorized' : kind, ourKey ? 'the provider refused our key' : reason)
  const retryAfterMs = coolDown(attempt.candidate, judgement, shown.headers, now)
  if (ourKey) return { kind: 'upstream', ofKey: true, error: UpstreamKey() }
  const retryAfter = retryAfterMs === undefined ? {} : { retryAfterMs }
  return {
    kind,
    ofKey: kind === 'limited',
    ...(lacksEarlier(fault) && { mismatch: true }),
    answer: { type: 'refused', attempt, status: fault.status, fault, ...shown, ...retryAfter },
  }
}
