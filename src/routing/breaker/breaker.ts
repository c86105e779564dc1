import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'
import type { Kind } from '../../call/fault.ts'
import { Signal } from '../queue/signal.ts'
import { Ejection, type EjectionSettings } from './ejection.ts'
import { type Probe, Probes } from './probes.ts'

export interface BreakerSettings extends EjectionSettings {
  /** Over how long outcomes are counted, ms. */
  readonly window: number
  /** Fewer outcomes than this in the window never open it. */
  readonly minimumCalls: number
  /** Share of failures at which it opens, 0..1. */
  readonly errorRate: number
  /** To the first content of a stream, or the end of an answer without one, ms: what takes longer is slow. Unset, nothing is. */
  readonly slowerThan?: number | undefined
  /** Share of slow attempts at which it opens, 0..1. */
  readonly slowRate: number
  /** Probes at a time while half-open. */
  readonly probes: number
  /** Good probes that close it. */
  readonly closeAfter: number
}

export type BreakerState = 'closed' | 'open' | 'half-open'

/**
 * How an attempt ended, in the eyes of a breaker. Slow: well, but after too long. Neutral: it says nothing about the target
 * (a client left, a caller's 4xx).
 */
export type Verdict = 'good' | 'slow' | 'bad' | 'neutral'

/** Leave to try a target. Exactly one call of `settle` counts; it must be made at the END of the answer. */
export interface Admission {
  settle(verdict: Verdict): void
}

/** What the target did wrong last; `at` in ms since 1970. */
interface LastFailure {
  readonly kind: Kind
  readonly status?: number
  readonly at: number
}

type Counted = Exclude<Verdict, 'neutral'>

/** Buckets of the rolling window. */
const BUCKETS = 10
/** opossum would look at failures alone and keep its first settings for ever, so the decision to open is ours. */
const NEVER_BY_ITSELF = Number.MAX_SAFE_INTEGER

/** Takes the place of the protected call: opossum is told how attempts ended, it does not run them. */
async function report(verdict: Counted): Promise<Counted> {
  if (verdict === 'bad') throw FAILED
  return verdict
}
const FAILED = new Error('the attempt failed')

/**
 * The breaker of one provider x model x key: opossum's state machine and window, with admission and probes of our own.
 * opossum alone would close on one success or on a filtered error, be closed by a success that began before it opened, and
 * stay half-open for ever behind a probe that hangs; so each admission carries the generation in which it was given,
 * outcomes of another generation are dropped, neutral ones are never reported, and only the last of `closeAfter` good
 * probes is.
 */
export class Breaker {
  /** May be replaced at any time: state and counts stay, and an ejection that runs ends as it began. */
  settings: BreakerSettings
  lastFailure: LastFailure | undefined
  /** Another state was entered. */
  readonly changed = new Signal()
  readonly #onState: (state: BreakerState) => void
  readonly #now: () => number
  readonly #rotation = new EventEmitter()
  readonly #options: CircuitBreaker.Options<[Counted]> = {
    timeout: false,
    volumeThreshold: NEVER_BY_ITSELF,
    rollingCountBuckets: BUCKETS,
    // Snapshots and percentiles sort every latency of the window; the rotation is ours, so that no breaker has timers.
    enableSnapshots: false,
    rollingPercentilesEnabled: false,
    rotateBucketController: this.#rotation,
  }
  /** Made for the first outcome, before which it is closed: it is large, and of a long config most targets are never asked. */
  #opossum: CircuitBreaker<[Counted], Counted> | undefined
  readonly #probes = new Probes()
  readonly #ejection: Ejection
  #generation = 0
  #openUntil = 0
  #rotatedAt: number
  #ended = false

  /** `onState` is called at each change of state; `now` is a monotonic clock in ms; `random` gives numbers from 0 to 1. */
  constructor(
    settings: BreakerSettings,
    onState: (state: BreakerState) => void,
    now: () => number,
    random: () => number = Math.random,
  ) {
    this.settings = settings
    this.#onState = onState
    this.#now = now
    this.#ejection = new Ejection(random)
    this.#rotatedAt = now()
  }

  get state(): BreakerState {
    if (this.#opossum?.opened) return 'open'
    return this.#opossum?.halfOpen ? 'half-open' : 'closed'
  }

  /** Ms until an open breaker lets a probe through; 0 when it is not open. */
  get openForMs(): number {
    return this.#opossum?.opened ? Math.max(0, this.#openUntil - this.#now()) : 0
  }

  /** How long (ms) it makes sense to wait for what the probes of a half-open breaker find; 0 when it does not. */
  get newsWithinMs(): number {
    return this.#opossum?.halfOpen ? this.#probes.newsWithin(this.#now()) : 0
  }

  /** Leave for one attempt, or undefined while open or while enough probes are on their way. */
  admit(): Admission | undefined {
    const opossum = this.#opossum
    if (opossum === undefined || opossum.closed || this.#ended) return this.#admission(undefined)
    if (!opossum.halfOpen) return undefined
    const probe = this.#probes.begin(this.#now(), this.settings.probes)
    return probe === undefined ? undefined : this.#admission(probe)
  }

  /** Ends the breaker: nothing of it keeps the process busy afterwards, and who still holds it is let through. */
  shutdown(): void {
    this.#ended = true
    this.#opossum?.shutdown()
  }

  #create(): CircuitBreaker<[Counted], Counted> {
    const opossum = new CircuitBreaker<[Counted], Counted>(report, this.#options)
    // opossum's own listener starts its timer with what stands there.
    opossum.prependListener('open', () => this.#eject())
    opossum.on('open', () => this.#entered('open'))
    opossum.on('halfOpen', () => this.#entered('half-open'))
    opossum.on('close', () => this.#recover())
    opossum.on('failure', () => this.#weigh(opossum))
    opossum.on('success', verdict => {
      if (verdict !== 'slow') return
      // What opossum counts as timeouts is free for the slow ones: it has no timers here.
      opossum.emit('timeout')
      this.#weigh(opossum)
    })
    return opossum
  }

  #admission(probe: Probe | undefined): Admission {
    const generation = this.#generation
    let settled = false
    return {
      settle: verdict => {
        if (settled) return
        settled = true
        if (generation !== this.#generation) return
        if (probe !== undefined) this.#settleProbe(probe, verdict)
        else if (verdict !== 'neutral') this.#fire(verdict)
      },
    }
  }

  /** A slow probe is no recovery. One that ends badly keeps its place: until opossum has opened again, nobody is to have it. */
  #settleProbe(probe: Probe, verdict: Verdict): void {
    if (verdict === 'bad' || verdict === 'slow') {
      this.#fire('bad')
      return
    }
    const good = this.#probes.end(probe, verdict === 'good')
    if (verdict === 'good' && good >= this.settings.closeAfter) this.#fire('good')
  }

  #fire(verdict: Counted): void {
    if (this.#ended) return
    this.#opossum ??= this.#create()
    this.#rotate()
    this.#opossum.fire(verdict).catch(ignore)
  }

  /** Opens it when the outcomes of the window say so. */
  #weigh(opossum: CircuitBreaker<[Counted], Counted>): void {
    const { minimumCalls, errorRate, slowRate } = this.settings
    const { fires, failures, timeouts: slow } = opossum.stats
    if (fires < minimumCalls) return
    if (failures / fires >= errorRate || slow / fires >= slowRate) opossum.open()
  }

  #eject(): void {
    const now = this.#now()
    const ms = this.#ejection.begin(now, this.settings)
    this.#options.resetTimeout = ms
    this.#openUntil = now + ms
  }

  #recover(): void {
    this.#ejection.recovered(this.#now())
    // The failures that opened it must not count again after it has closed.
    this.#forget(BUCKETS)
    this.#entered('closed')
  }

  #entered(state: BreakerState): void {
    this.#generation += 1
    this.#probes.clear()
    this.#onState(state)
    this.changed.emit()
  }

  /** Moves the window to now; in place of an interval a breaker. */
  #rotate(): void {
    const width = this.settings.window / BUCKETS
    const now = this.#now()
    const due = Math.floor((now - this.#rotatedAt) / width)
    if (due <= 0) return
    this.#rotatedAt += due * width
    this.#forget(Math.min(due, BUCKETS))
  }

  #forget(buckets: number): void {
    for (let count = 0; count < buckets; count += 1) this.#rotation.emit('rotate')
  }
}

function ignore(): void {}
