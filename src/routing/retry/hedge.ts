import { deadlines, type Expirable } from '../../upstream/deadlines.ts'
import { type Answer, type Failure, isFailure } from '../attempt/answer.ts'
import { Attempt } from '../attempt/attempt.ts'
import type { AttemptContext } from '../attempt/attempt-context.ts'
import { runAttempt } from '../attempt/run-attempt.ts'
import { discard } from '../attempt/waste.ts'
import type { Choices } from '../choices.ts'
import { isRefusal } from '../gate.ts'
import type { Target } from '../target.ts'
import type { HedgeRule } from './hedge-rule.ts'

type Ended = Answer | Failure

/**
 * Makes an attempt; when it takes longer than usual, makes another one at another target, or at the only one where the route allows
 * it. The first to show content answers, the other is stopped.
 */
export async function hedged(call: AttemptContext, rule: HedgeRule, choices: Choices, first: Attempt): Promise<Ended> {
  const ended = runAttempt(call, choices, first)
  const delay = delayOf(rule, first.candidate.target, call.envelope.stream)
  if (delay === undefined) return ended
  const timeout = new HedgeDelay(delay)
  const early = await Promise.race([ended, timeout.over]).finally(() => timeout.end())
  if (early !== undefined) return early
  const second = secondAttempt(call, rule, choices, first)
  if (second === undefined) return ended
  return firstGood(call, { attempt: first, ended }, { attempt: second, ended: runAttempt(call, choices, second) })
}

/** Undefined while too little is known of the target to say what is slow for it. */
function delayOf({ after }: HedgeRule, { load }: Target, streamed: boolean): number | undefined {
  return 'ms' in after ? after.ms : load.percentile(after.percentile, streamed)
}

function secondAttempt(
  call: AttemptContext,
  { budget }: HedgeRule,
  choices: Choices,
  first: Attempt,
): Attempt | undefined {
  const { record, maxAttempts, retrySameTarget, ticket } = call
  const now = call.now()
  // Others are waiting for this room.
  if (ticket?.contended) return undefined
  // Checked before a choice is made, as what that takes of a vendor's limits is not given back.
  if (record.attempts.length >= maxAttempts || !budget.affords(now)) return undefined
  const choice = choices.next(now, retrySameTarget && choices.single ? undefined : first.candidate.target)
  if (isRefusal(choice)) return undefined
  budget.withdraw(now)
  return new Attempt(choice, record, now, true)
}

interface Runner {
  readonly attempt: Attempt
  readonly ended: Promise<Ended>
}

/**
 * The first answer of the two; when both fail, the later failure. Who is not needed any more is stopped. Both may answer in the same
 * turn of the event loop: only the first of them decides, or each would stop the other.
 */
function firstGood(call: AttemptContext, one: Runner, other: Runner): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let failures = 0
    let decided = false
    const decide = (settle: () => void, rival: Runner): void => {
      if (decided) return
      decided = true
      settle()
      stop(call, rival)
    }
    const listen = ({ ended }: Runner, rival: Runner): void => {
      ended.then(
        result => {
          if (!isFailure(result)) decide(() => resolve(result), rival)
          else if (++failures === 2) resolve(result)
        },
        error => decide(() => reject(error), rival),
      )
    }
    listen(one, other)
    listen(other, one)
  })
}

function stop(call: AttemptContext, { attempt, ended }: Runner): void {
  const reason = 'the other attempt answered first'
  attempt.abort({ type: 'failed', kind: 'cancelled', reason })
  ended.then(
    result => {
      // It had answered in the same moment.
      if (!isFailure(result)) discard(result, call.envelope, call.now(), 'cancelled', reason)
    },
    () => {},
  )
}

/** A timeout on the interval that all deadlines share. */
class HedgeDelay implements Expirable {
  dueTick: number
  slot = -1
  readonly over: Promise<undefined>
  #resolve!: (value: undefined) => void

  constructor(ms: number) {
    this.dueTick = deadlines.after(ms)
    this.over = new Promise(resolve => {
      this.#resolve = resolve
    })
    deadlines.watch(this)
  }

  onDue(): void {
    this.#resolve(undefined)
  }

  end(): void {
    deadlines.forget(this)
  }
}
