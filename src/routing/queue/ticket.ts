import type { Caller } from '../../config/callers.ts'
import { DURATION_PATTERN, parseDuration } from '../../config/units.ts'
import { Cancelled, InvalidRequest, QueueFull, QueueTimeout, QueueTooLong, type SluiceError } from '../../errors.ts'
import type { CallRecord, QueueRecord } from '../../meter/record.ts'
import type { EarlyStream } from '../../relay/early-stream.ts'
import type { Envelope } from '../../relay/envelope.ts'
import type { Abortable, Presence } from '../../relay/presence.ts'
import { roughly, wholeSeconds } from '../../retry-after.ts'
import type { FailedOutcome } from '../../upstream/failure.ts'
import type { Choice, Choices } from '../choices.ts'
import { isRefusal, type Refusal } from '../gate.ts'
import type { Queue } from './queue.ts'
import type { Shed, Stand, Waiter } from './waiter.ts'

/** The header by which a client shortens the route's `maxWait`. */
const MAX_WAIT = 'x-sluice-max-wait'

interface TicketParts {
  readonly queue: Queue
  /** Name of the route. */
  readonly model: string
  /** Absent while the gateway is open. */
  readonly caller: Caller | undefined
  readonly envelope: Envelope
  readonly presence: Presence
  readonly record: CallRecord
  /** Keeps a waiting stream alive; set where the route does so. */
  readonly early: EarlyStream | undefined
}

const ERRORS = { full: QueueFull, 'too-long': QueueTooLong, expired: QueueTimeout }

/** One request in the queue of its route. It may wait several times, until one deadline. */
export class QueueTicket implements Waiter, Abortable {
  readonly caller: string
  readonly priority: Waiter['priority']
  readonly share: number
  readonly cost: number
  since = 0
  deadline = 0
  retry = false
  paid = false
  stand: Stand | undefined
  readonly #parts: TicketParts
  readonly #maxWait: number
  #choices: Choices | undefined
  #enteredAt = 0
  #wait: PromiseWithResolvers<Choice | Refusal> | undefined

  /** Throws InvalidRequest when the client's longest wait is no duration. */
  constructor(parts: TicketParts) {
    const { caller, envelope, queue } = parts
    this.#parts = parts
    this.caller = caller?.name ?? ''
    this.priority = caller?.priority ?? 'interactive'
    this.share = caller?.share ?? 1
    this.cost = envelope.promptTokens
    this.#maxWait = Math.min(queue.settings.maxWait, maxWaitIn(envelope.headers[MAX_WAIT]))
  }

  /**
   * The candidate to try, at once where nobody waits and there is room, else when it is this request's turn. Throws, or rejects with,
   * QueueFull, QueueTooLong, QueueTimeout or Cancelled.
   */
  next(choices: Choices): Choice | Refusal | Promise<Choice | Refusal> {
    const { queue } = this.#parts
    if (queue.busy && choices.untouched) return this.#enter(choices, undefined)
    const found = choices.next(queue.now())
    return isLimited(found) ? this.#enter(choices, found) : found
  }

  /** Other requests wait for room. */
  get contended(): boolean {
    return this.#parts.queue.busy
  }

  tryTurn(now: number): Refusal | 'served' | 'hopeless' {
    const found = (this.#choices as Choices).next(now)
    if (isLimited(found)) return found
    const outcome = isRefusal(found) ? 'hopeless' : 'served'
    this.#ended(outcome).resolve(found)
    return outcome
  }

  expire(shed: Shed): void {
    this.#ended('expired').reject(this.#error(shed))
  }

  /** The client has left, or the gateway must stop. */
  abort({ kind }: FailedOutcome): void {
    if (!this.#parts.queue.leave(this)) return
    if (kind === 'cancelled') this.#ended('gone').reject(Cancelled())
    else this.expire({ reason: 'expired', waitMs: 0 })
  }

  #enter(choices: Choices, refusal: Refusal | undefined): Promise<Choice | Refusal> {
    const { queue, presence, early } = this.#parts
    this.#enteredAt = queue.now()
    if (this.deadline === 0) {
      this.since = this.#enteredAt
      this.deadline = this.since + this.#maxWait
    }
    this.#choices = choices
    this.retry = !choices.untouched
    const shed = queue.enter(this, refusal)
    if (shed !== undefined) {
      this.#note('refused')
      throw this.#error(shed)
    }
    this.#wait = Promise.withResolvers()
    early?.watch()
    presence.watch(this)
    return this.#wait.promise
  }

  #ended(outcome: QueueRecord['outcome']): PromiseWithResolvers<Choice | Refusal> {
    this.#parts.early?.forget()
    this.#note(outcome)
    return this.#wait as PromiseWithResolvers<Choice | Refusal>
  }

  #note(outcome: QueueRecord['outcome']): void {
    const { queue, record, model } = this.#parts
    record.queue ??= { model, waitedMs: 0, outcome }
    record.queue.waitedMs += queue.now() - this.#enteredAt
    record.queue.outcome = outcome
  }

  #error({ reason, waitMs }: Shed): SluiceError {
    return ERRORS[reason]({ retryAfterMs: roughly(waitMs) }, this.#parts.model, wholeSeconds(waitMs))
  }
}

/** Only limits are waited for: how long a target will be failing is unknown, and a breaker should fail fast. */
function isLimited(found: Choice | Refusal): found is Refusal {
  return isRefusal(found) && found.reason === 'limited'
}

function maxWaitIn(header: string | string[] | undefined): number {
  if (header === undefined) return Infinity
  if (typeof header === 'string' && DURATION_PATTERN.test(header)) return parseDuration(header)
  throw InvalidRequest({ param: MAX_WAIT }, `${MAX_WAIT} must be a duration such as 250ms or 2s`)
}
