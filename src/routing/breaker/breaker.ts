import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'
import type { Kind } from '../../call/fault.ts'
import { Signal } from '../queue/signal.ts'
import { Ejection, type EjectionSettings } from './ejection.ts'
import { type Probe, Probes } from './probes.ts'

export interface BreakerSettings extends EjectionSettings {
  /** Length of the rolling window, ms. */
  readonly window: number
  /** Outcomes that must be in the window before it may open. */
  readonly minimumCalls: number
  /** Share of failures at which it opens, 0..1. */
  readonly errorRate: number
  /** An attempt is slow if its first content, or its whole answer without a stream, takes longer than this, ms. Unset, none is. */
  readonly slowerThan?: number | undefined
  /** Share of slow attempts at which it opens, 0..1. */
  readonly slowRate: number
  /** Probes at a time while half-open. */
  readonly probes: number
  /** Successful probes that close it. */
  readonly closeAfter: number
}

export type BreakerState = 'closed' | 'open' | 'half-open'

/** How an attempt counts. `slow`: a success that took too long. `neutral`: it says nothing about the target (a client left, a 4xx). */
export type Verdict = 'good' | 'slow' | 'bad' | 'neutral'

/** Permission to try a target. `settle` must be called at the END of the answer; only the first call counts. */
export interface Admission {
  settle(verdict: Verdict): void
}

/** The target's last failure; `at` in ms since 1970. */
interface LastFailure {
  readonly kind: Kind
  readonly status?: number
  readonly at: number
}

type Counted = Exclude<Verdict, 'neutral'>

/** Buckets of the rolling window. */
const BUCKETS = 10
/** opossum only weighs failures, and cannot change its settings, so the decision to open is ours. */
const NEVER_BY_ITSELF = Number.MAX_SAFE_INTEGER

/** Stands in for the protected call: outcomes are reported to opossum, it does not run the attempts. */
async function report(verdict: Counted): Promise<Counted> {
  if (verdict === 'bad') throw FAILED
  return verdict
}
const FAILED = new Error('the attempt failed')

/**
 * The breaker of one provider x model x key: opossum's state machine and window, with our own admission and probes. By itself opossum
 * would close after one success or one filtered error, or by a success that began before it opened, and would stay half-open forever
 * behind a probe that hangs. So each admission carries a generation, outcomes of an earlier generation are dropped, neutral ones are
 * never reported, and of good probes only the last of `closeAfter` is.
 */
export class Breaker {
  /** May be replaced at any time: state and counts stay, and so does the length of an ejection that is running. */
  settings: BreakerSettings
  lastFailure: LastFailure | undefined
  /** Emits at each change of state. */
  readonly changed = new Signal()
  readonly #onState: (state: BreakerState) => void
  readonly #now: () => number
  readonly #rotation = new EventEmitter()
  readonly #options: CircuitBreaker.Options<[Counted]> = {
    timeout: false,
    volumeThreshold: NEVER_BY_ITSELF,
    rollingCountBuckets: BUCKETS,
    // Snapshots and percentiles would sort every latency of the window. The window is rotated by us, without a timer for each breaker.
    enableSnapshots: false,
    rollingPercentilesEnabled: false,
    rotateBucketController: this.#rotation,
  }
  /** Created for the first outcome (until then: closed), as it is large and most targets of a long config are never tried. */
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

  /** How long (ms) it is worth waiting for the outcome of a half-open breaker's probes; 0 when it is not. */
  get probeWaitMs(): number {
    return this.#opossum?.halfOpen ? this.#probes.waitMs(this.#now()) : 0
  }

  /** Permission for one attempt, or undefined while open or while all probes are in flight. */
  admit(): Admission | undefined {
    const opossum = this.#opossum
    if (opossum === undefined || opossum.closed || this.#ended) return this.#admission(undefined)
    if (!opossum.halfOpen) return undefined
    const probe = this.#probes.begin(this.#now(), this.settings.probes)
    return probe === undefined ? undefined : this.#admission(probe)
  }

  /** Stops its timer. Whoever still uses the breaker is always admitted. */
  shutdown(): void {
    this.#ended = true
    this.#opossum?.shutdown()
  }

  #create(): CircuitBreaker<[Counted], Counted> {
    const opossum = new CircuitBreaker<[Counted], Counted>(report, this.#options)
    // Before opossum's own listener, which starts a timer of this length.
    opossum.prependListener('open', () => this.#eject())
    opossum.on('open', () => this.#entered('open'))
    opossum.on('halfOpen', () => this.#entered('half-open'))
    opossum.on('close', () => this.#recover())
    opossum.on('failure', () => this.#weigh(opossum))
    opossum.on('success', verdict => {
      if (verdict !== 'slow') return
      // Slow outcomes are counted as opossum's timeouts, which are unused here.
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

  /** A slow probe is no recovery. One that fails keeps its slot, so that no other probe starts before opossum has opened again. */
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
    // The failures that opened it must not open it again.
    this.#forget(BUCKETS)
    this.#entered('closed')
  }

  #entered(state: BreakerState): void {
    this.#generation += 1
    this.#probes.clear()
    this.#onState(state)
    this.changed.emit()
  }

  /** Moves the window to now, instead of an interval timer for each breaker. */
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
