import type { Verdict } from '../breaker/breaker.ts'
import { DecayingHistogram } from './decaying-histogram.ts'
import { FailureShare } from './failure-share.ts'
import { PeakEwma } from './peak-ewma.ts'

/** Latency that is assumed of a target that fails before it ever answered, ms. */
const UNKNOWN_LATENCY = 1_000

/** Times one attempt for its target. Times in ms on one monotonic clock. */
export interface Timing {
  /** A stream has shown content, or a whole answer has come. Called at most once. */
  committed(now: number): void
  /** The attempt has ended; called once. */
  settle(verdict: Verdict, now: number): void
}

/** Streams are timed to their first content and whole answers to their end, so each kind has a speed of its own. */
class Speed {
  /** Attempts that have neither answered nor ended. */
  waiting = 0
  readonly latency = new PeakEwma()
  #histogram: DecayingHistogram | undefined

  observe(ms: number, now: number): void {
    this.latency.observe(ms, now)
    // Created when needed: most model names that clients make up never get an answer.
    this.#histogram ??= new DecayingHistogram()
    this.#histogram.observe(ms, now)
  }

  percentile(share: number): number | undefined {
    return this.#histogram?.percentile(share)
  }
}

/** How busy, how fast and how well a target is, as the attempts at it have shown. Times in ms on one monotonic clock. */
export class TargetLoad {
  #inFlight = 0
  readonly #streams = new Speed()
  readonly #whole = new Speed()
  readonly #failures = new FailureShare()

  /** Attempts that have not ended. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** An attempt begins; `streamed` where a stream is requested. */
  begin(streamed: boolean, now: number): Timing {
    const speed = this.#speed(streamed)
    let waiting = true
    this.#inFlight += 1
    speed.waiting += 1
    const answered = () => {
      if (waiting) speed.waiting -= 1
      waiting = false
    }
    return {
      committed: at => {
        answered()
        speed.observe(at - now, at)
      },
      settle: (verdict, at) => {
        // The time of a failure is no latency: a vendor that refuses in 5 ms must not count as a fast one.
        if (waiting && verdict === 'bad')
          speed.latency.observe(Math.max(at - now, speed.latency.last ?? UNKNOWN_LATENCY), at)
        answered()
        this.#inFlight -= 1
        if (verdict !== 'neutral') this.#failures.note(verdict === 'bad', at)
      },
    }
  }

  /**
   * What one more call would cost here, to be compared with other targets: its latency, times the calls that share the target, over
   * its success rate. A target that has not answered yet costs nothing until one call is in flight to find out, and then more than
   * any other.
   */
  cost(streamed: boolean, now: number): number {
    const { latency, waiting } = this.#speed(streamed)
    if (latency.last === undefined) return waiting === 0 ? 0 : Infinity
    // Likewise where the latency has faded: one call finds out before others follow.
    const expected = waiting === 0 ? latency.faded(now) : latency.last
    // Cubed: a target that fails all calls is always idle, and must cost more than the busiest of those that answer.
    return (expected * (this.#inFlight + 1)) / (1 - this.#failures.at(now)) ** 3
  }

  /** The time (ms) to its answer that this share (0..1) of the recent attempts did not exceed; undefined while too few are known. */
  percentile(share: number, streamed: boolean): number | undefined {
    return this.#speed(streamed).percentile(share)
  }

  #speed(streamed: boolean): Speed {
    return streamed ? this.#streams : this.#whole
  }
}
