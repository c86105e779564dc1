import type { ResponseHeaders } from '../../upstream/outcome.ts'
import { AdaptiveLimit } from './adaptive-limit.ts'
import type { KeyLimits } from './key-limits.ts'
import { Quota, type Sent } from './quota.ts'
import { Slots } from './slots.ts'

/** The limits of one provider x model x key: those that its answers report, those of the config, and those that were learned. */
export class Allowance {
  readonly quota = new Quota()
  readonly key: KeyLimits
  readonly now: () => number
  readonly #slots = new Slots()
  #adaptive: AdaptiveLimit | undefined

  /** `key` is shared with the other models of the vendor; `now` is a monotonic clock in ms. */
  constructor(key: KeyLimits, now: () => number) {
    this.key = key
    this.now = now
  }

  /** The learned concurrency limit; undefined where that is off, or the config sets limits. */
  get adaptive(): AdaptiveLimit | undefined {
    return this.key.limited ? undefined : this.#adaptive
  }

  /** Turns the adaptive limit on or off. */
  adapt(on: boolean): void {
    this.#adaptive = on ? (this.#adaptive ?? new AdaptiveLimit()) : undefined
  }

  /** Concurrent calls allowed at `now`. */
  concurrency(now: number): number {
    return this.key.concurrency ?? this.adaptive?.at(now) ?? Infinity
  }

  /** Whether a small call would be admitted at `now`; takes nothing. */
  ready(now: number): boolean {
    return this.#slotWait(now) === 0 && this.quota.waitMs(now, 1) === 0 && this.key.ready()
  }

  /** Takes all that a call of about `tokens` tokens needs, or nothing; then returns the estimated wait in ms. */
  take(now: number, tokens: number): Hold | number {
    const wait = Math.max(this.#slotWait(now), this.quota.waitMs(now, tokens))
    if (wait > 0) return wait
    const cost = this.key.costOf(tokens)
    const keyWait = this.key.take(cost)
    if (keyWait > 0) return keyWait
    const slots = this.#slotsInUse
    slots.take()
    return new Hold(this, slots, this.quota.send(now, tokens), cost)
  }

  get #slotsInUse(): Slots {
    return this.key.concurrency === undefined ? this.#slots : this.key.slots
  }

  #slotWait(now: number): number {
    const slots = this.#slotsInUse
    return slots.taken < this.concurrency(now) ? 0 : slots.expectedWaitMs
  }
}

/** What one call has taken of an allowance. */
export class Hold {
  readonly #allowance: Allowance
  readonly #slots: Slots
  readonly #sent: Sent
  /** Tokens that the key's limit is charged for. */
  #charged: number
  #reported = false
  #settled = false

  constructor(allowance: Allowance, slots: Slots, sent: Sent, charged: number) {
    this.#allowance = allowance
    this.#slots = slots
    this.#sent = sent
    this.#charged = charged
  }

  /** The head of the answer has come, good or bad. */
  answered(headers: ResponseHeaders, streamed: boolean): void {
    const { quota, adaptive, now } = this.#allowance
    const at = now()
    quota.learn(headers, this.#sent, at)
    if (streamed) adaptive?.streaming(this.#sent.at, at, this.#slots.taken)
  }

  /** The vendor is overloaded. Comes before `settle`. */
  overloaded(): void {
    const { adaptive, now } = this.#allowance
    adaptive?.overloaded(this.#sent.at, now(), this.#slots.taken)
  }

  /** What the call used; before or after `settle`. Only the first report counts. */
  used(tokens: number): void {
    if (this.#reported) return
    this.#reported = true
    this.#charge(tokens)
  }

  /** The vendor was at work, and the tokens it used will never be known: the reserved ones stay charged, however the call ends. */
  keep(): void {
    this.#reported = true
  }

  /** The answer has ended. Only the first call counts; a failed call is charged no tokens unless it has reported or kept some. */
  settle(succeeded: boolean): void {
    if (this.#settled) return
    const { adaptive, now, key } = this.#allowance
    this.#slots.giveBack(now() - this.#sent.at)
    if (succeeded) adaptive?.succeeded(this.#sent.at)
    else if (!this.#reported) this.#charge(0)
    this.#settled = true
    key.freed.emit()
  }

  #charge(tokens: number): void {
    const { key } = this.#allowance
    const back = this.#charged - tokens
    key.settle(this.#charged, tokens)
    this.#charged = tokens
    if (this.#settled && back > 0) key.freed.emit()
  }
}
