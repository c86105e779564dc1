import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'

export interface BreakerSettings {
  /** Over how long failures are counted, ms. */
  readonly window: number
  /** Fewer outcomes than this in the window never open it. */
  readonly minimumCalls: number
  /** Share of failures at which it opens, 0..1. */
  readonly errorRate: number
  /** How long it stays open before probes, ms. */
  readonly openFor: number
  /** Probes at a time while half-open. */
  readonly probes: number
  /** Good probes that close it. */
  readonly closeAfter: number
}

export type BreakerState = 'closed' | 'open' | 'half-open'

/** How an attempt ended, in the eyes of a breaker. Neutral: it says nothing about the target (a client left, a caller's 4xx). */
export type Verdict = 'good' | 'bad' | 'neutral'

/** Leave to try a target. Exactly one call of `settle` counts; it must be made at the END of the answer. */
export interface Admission {
  settle(verdict: Verdict): void
}

/** An attempt that finds out whether a target is well again; `startedAt` on the breaker's clock, ms. */
interface Probe {
  readonly startedAt: number
}

/** Buckets of the rolling window. */
const BUCKETS = 10
/** A probe that has not ended after this long (ms) no longer keeps others out; its outcome still counts when it comes. */
const PROBE_PATIENCE = 60_000
/** opossum opens above its threshold; ours opens at it. */
const AT_THRESHOLD = 1e-9

/** Takes the place of the protected call: opossum is told how attempts ended, it does not run them. */
async function report(verdict: 'good' | 'bad'): Promise<void> {
  if (verdict === 'bad') throw FAILED
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
  readonly #settings: BreakerSettings
  readonly #opossum: CircuitBreaker<['good' | 'bad'], void>
  readonly #rotation = new EventEmitter()
  readonly #now: () => number
  #generation = 0
  readonly #probes = new Set<Probe>()
  #goodProbes = 0
  #openedAt = 0
  #rotatedAt: number

  /** `onState` is called at each change of state; `now` is a monotonic clock in ms. */
  constructor(settings: BreakerSettings, onState: (state: BreakerState) => void, now: () => number) {
    this.#settings = settings
    this.#now = now
    this.#rotatedAt = now()
    this.#opossum = new CircuitBreaker(report, {
      timeout: false,
      resetTimeout: settings.openFor,
      errorThresholdPercentage: settings.errorRate * 100 - AT_THRESHOLD,
      volumeThreshold: settings.minimumCalls,
      rollingCountBuckets: BUCKETS,
      // Snapshots and percentiles sort every latency of the window; the rotation is ours, so that no breaker has timers.
      enableSnapshots: false,
      rollingPercentilesEnabled: false,
      rotateBucketController: this.#rotation,
    })
    this.#opossum.on('open', () => this.#entered('open', onState))
    this.#opossum.on('halfOpen', () => this.#entered('half-open', onState))
    this.#opossum.on('close', () => this.#entered('closed', onState))
  }

  get state(): BreakerState {
    if (this.#opossum.opened) return 'open'
    return this.#opossum.halfOpen ? 'half-open' : 'closed'
  }

  /** Ms until an open breaker lets a probe through; 0 when it is not open. */
  get openForMs(): number {
    return this.#opossum.opened ? Math.max(0, this.#openedAt + this.#settings.openFor - this.#now()) : 0
  }

  /** Leave for one attempt, or undefined while open or while enough probes are on their way. */
  admit(): Admission | undefined {
    if (this.#opossum.closed) return this.#admission(undefined)
    if (!this.#opossum.halfOpen) return undefined
    const startedAt = this.#now()
    for (const probe of this.#probes) if (startedAt - probe.startedAt >= PROBE_PATIENCE) this.#probes.delete(probe)
    if (this.#probes.size >= this.#settings.probes) return undefined
    const probe = { startedAt }
    this.#probes.add(probe)
    return this.#admission(probe)
  }

  /** Ends the breaker: nothing of it keeps the process or memory busy afterwards. */
  shutdown(): void {
    this.#opossum.shutdown()
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

  #settleProbe(probe: Probe, verdict: Verdict): void {
    this.#probes.delete(probe)
    if (verdict === 'good') {
      this.#goodProbes += 1
      if (this.#goodProbes >= this.#settings.closeAfter) this.#fire('good')
    } else if (verdict === 'bad') {
      this.#fire('bad')
    }
  }

  #fire(verdict: 'good' | 'bad'): void {
    this.#rotate()
    this.#opossum.fire(verdict).catch(ignore)
  }

  #entered(state: BreakerState, onState: (state: BreakerState) => void): void {
    this.#generation += 1
    this.#probes.clear()
    this.#goodProbes = 0
    if (state === 'open') this.#openedAt = this.#now()
    // The failures that opened it must not count again after it has closed.
    if (state === 'closed') this.#forget(BUCKETS)
    onState(state)
  }

  /** Moves the window to now; in place of an interval a breaker. */
  #rotate(): void {
    const width = this.#settings.window / BUCKETS
    const due = Math.floor((this.#now() - this.#rotatedAt) / width)
    if (due <= 0) return
    this.#rotatedAt += due * width
    this.#forget(Math.min(due, BUCKETS))
  }

  #forget(buckets: number): void {
    for (let count = 0; count < buckets; count += 1) this.#rotation.emit('rotate')
  }
}

function ignore(): void {}
