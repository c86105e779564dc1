import type { Kind } from '../call/fault.ts'
import {
  Cancelled,
  CONSEQUENCES,
  faultOf,
  isSluiceError,
  NoTarget,
  type SluiceError,
  UpstreamAnswer,
  UpstreamKey,
  UpstreamNetwork,
  UpstreamTimeout,
} from '../errors.ts'
import type { CallRecord } from '../meter/record.ts'
import type { Envelope } from '../relay/envelope.ts'
import { Flow } from '../relay/flow.ts'
import { hold } from '../relay/hold.ts'
import type { Passage } from '../relay/passage.ts'
import { looksLikeJson, readWhole } from '../relay/whole.ts'
import type { FailedOutcome } from '../upstream/failure.ts'
import type { Outcome, StreamOutcome, WholeOutcome } from '../upstream/outcome.ts'
import type { Answer } from './answer.ts'
import { Attempt } from './attempt.ts'
import { judge } from './judge.ts'
import { retryAfterMs } from './retry-after.ts'
import { inTurn } from './strategies.ts'
import type { Candidate, Target } from './target.ts'

/** How long a key is left alone after the vendor has refused it, ms. */
const KEY_COOLDOWN = 60_000
/** How long one model is left alone with a key that may not use it, ms: short, for it may have been the one request's fault. */
const FORBIDDEN_COOLDOWN = 5_000
/** When a vendor limits us without saying for how long, ms. */
const UNSAID_COOLDOWN = 1_000

/** Everything that one client request brings to the loop. */
export interface Dispatch {
  readonly envelope: Envelope
  /** Best first; each target once. */
  readonly targets: readonly Target[]
  readonly maxAttempts: number
  readonly record: CallRecord
  /** Prepares the body for a candidate. Throws InvalidRequest when the call cannot be said to it. */
  passage(candidate: Candidate): Passage
  /** Sends it; settles at the head of the answer, never rejects. */
  forward(candidate: Candidate, passage: Passage): Promise<Outcome>
  /** The client is still there. */
  present(): boolean
  /** Monotonic clock, ms. */
  now(): number
}

/** An attempt that failed: what follows, and what the client reads if it was the last one. */
interface Failure {
  readonly kind: Kind
  /** The vendor's other keys may do better. */
  readonly ofKey: boolean
  /** The call cannot be said in this vendor's dialect; another's may have words for it. */
  readonly unsaid?: boolean
  readonly answer?: Answer
  readonly error?: SluiceError
}

/**
 * The only loop: tries the targets in order until one answers, the client's own fault is found, or the attempts are used
 * up. Returns what the client is to read; throws a SluiceError where there is nothing of a vendor's to show. Once it has
 * returned, the answer is committed and nothing is tried again.
 */
export async function dispatch(call: Dispatch): Promise<Answer> {
  let failure: Failure | undefined
  let shortestWait = Number.POSITIVE_INFINITY
  for (const target of call.targets) {
    for (const candidate of inTurn(target)) {
      if (failure !== undefined && call.record.attempts.length >= call.maxAttempts) return conclude(failure)
      const wait = waitOf(candidate, call.now())
      const admission = wait > 0 ? undefined : candidate.breaker.admit()
      if (admission === undefined) {
        shortestWait = Math.min(shortestWait, Math.max(wait, candidate.breaker.openForMs))
        continue
      }
      const attempt = new Attempt(candidate, admission, call.record, call.now())
      const ended = await tryOnce(call, attempt)
      if (!('kind' in ended)) return ended
      failure = ended
      if (!call.present()) throw Cancelled()
      if (!CONSEQUENCES[ended.kind].nextTarget && !ended.unsaid) return conclude(failure)
      if (!ended.ofKey) break
    }
  }
  if (failure !== undefined) return conclude(failure)
  const seconds = Number.isFinite(shortestWait) ? Math.max(1, Math.ceil(shortestWait / 1000)) : 1
  throw NoTarget({ retryAfter: seconds }, call.envelope.model, seconds)
}

function conclude({ answer, error }: Failure): Answer {
  if (answer !== undefined) return answer
  throw error
}

/** Ms for which a candidate is to be left alone. */
function waitOf({ key, cooldown }: Candidate, now: number): number {
  return Math.max(key.cooldown.remaining(now), cooldown.remaining(now))
}

async function tryOnce(call: Dispatch, attempt: Attempt): Promise<Answer | Failure> {
  const { candidate } = attempt
  let passage: Passage
  let outcome: Outcome
  try {
    passage = call.passage(candidate)
    outcome = await call.forward(candidate, passage)
  } catch (error) {
    // Not the target's doing, yet its breaker must hear of the end: a probe would keep its place.
    attempt.settle(call.now(), faultOf(error).kind)
    if (isSluiceError(error) && error.kind === 'invalid') return { kind: 'invalid', ofKey: false, unsaid: true, error }
    throw error
  }
  if (outcome.type === 'failed') return failed(call, attempt, outcome)
  attempt.record.firstByteAt = call.now()
  attempt.record.status = outcome.status
  if (outcome.type === 'stream') return stream(call, attempt, passage, outcome)
  if (outcome.status >= 400) return refused(call, attempt, passage, outcome)
  return whole(call, attempt, passage, outcome)
}

function whole(call: Dispatch, attempt: Attempt, passage: Passage, outcome: WholeOutcome): Answer | Failure {
  // Never followed: the key would travel along.
  if (outcome.status >= 300) return unreadable(call, attempt, 'it is a redirect')
  if (call.envelope.stream) return unreadable(call, attempt, 'it is not an event stream')
  if (!looksLikeJson(outcome.body)) return unreadable(call, attempt, 'it is not JSON')
  if (passage.lane === 'pass') return { ...outcome, attempt, passage }
  try {
    return { ...outcome, attempt, passage, result: readWhole(outcome.body, passage.dialect) }
  } catch {
    return unreadable(call, attempt, 'it cannot be read in the dialect of the provider')
  }
}

function unreadable(call: Dispatch, attempt: Attempt, reason: string): Failure {
  attempt.settle(call.now(), 'upstream', reason)
  return { kind: 'upstream', ofKey: false, error: UpstreamAnswer({}, reason) }
}

async function stream(
  call: Dispatch,
  attempt: Attempt,
  passage: Passage,
  outcome: StreamOutcome,
): Promise<Answer | Failure> {
  const { status, headers } = outcome
  if (!call.envelope.stream) {
    outcome.body.abort()
    return unreadable(call, attempt, 'it is an event stream that nobody asked for')
  }
  const flow = new Flow(outcome.body, passage.dialect.eventReader())
  const held = await hold(flow)
  if (held.type === 'failed') return failed(call, attempt, held.failure)
  if (held.type === 'faulted') {
    const { fault } = held
    attempt.settle(call.now(), fault.kind, 'an error event before any content')
    const answer: Answer = { type: 'refused', attempt, passage, status: fault.status, headers, fault, body: undefined }
    return { kind: fault.kind, ofKey: false, answer }
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

function failed(call: Dispatch, attempt: Attempt, outcome: FailedOutcome): Failure {
  const { kind, reason, cause } = outcome
  attempt.settle(call.now(), kind, reason)
  const make = kind === 'timeout' ? UpstreamTimeout : kind === 'network' ? UpstreamNetwork : undefined
  return { kind, ofKey: false, error: make === undefined ? Cancelled() : make({ cause }, reason) }
}

function refused(call: Dispatch, attempt: Attempt, passage: Passage, outcome: WholeOutcome): Failure {
  const { status, headers, body } = outcome
  const { candidate } = attempt
  const { fault, kind, ourKey, wholeKey } = judge(candidate.target.vendor.provider, passage.dialect, status, body)
  attempt.settle(
    call.now(),
    ourKey ? 'unauthorized' : kind,
    ourKey ? 'the provider refused our key' : `status ${status}`,
  )
  if (ourKey) {
    if (wholeKey) candidate.key.cooldown.extend(call.now(), KEY_COOLDOWN)
    else candidate.cooldown.extend(call.now(), FORBIDDEN_COOLDOWN)
    return { kind: 'upstream', ofKey: true, error: UpstreamKey() }
  }
  const limited = kind === 'limited'
  const wait = retryAfterMs(headers, Date.now()) ?? (limited ? UNSAID_COOLDOWN : undefined)
  if (limited && wait !== undefined) candidate.cooldown.extend(call.now(), wait)
  const retryAfter = wait === undefined ? {} : { retryAfter: Math.ceil(wait / 1000) }
  const answer = { type: 'refused', attempt, passage, status, headers, fault, body, ...retryAfter } as const
  return { kind, ofKey: limited, answer }
}
