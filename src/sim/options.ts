import type { Span } from './span.ts'

/** The simulator is down. */
export interface Outage extends Span {
  /** `refuse` (the default) answers 503, `cut` destroys the connection. */
  readonly how?: 'refuse' | 'cut'
}

/** Some calls fail. */
export interface BrownOut extends Span {
  /** Share of the calls that fail with 500, 0 to 1; in place of the simulator's own. */
  readonly errorRate: number
}

/** Streams that begin in it trickle. */
export interface Drip extends Span {
  /** Words a second in a stream; in place of the simulator's own. */
  readonly tokensPerSecond: number
}

/** Some calls take much longer than others: their delay is multiplied by a number from a Pareto distribution. */
export interface Tail {
  /** Share of the calls, 0 to 1. */
  readonly share: number
  /** The distribution's alpha: the smaller, the heavier. Of the calls in the tail, `m ** -shape` take more than `m` times as long. */
  readonly shape: number
}

/** How the simulated vendor behaves; everything absent is ideal: no delay, no failure, no limit. */
export interface SimulatorOptions {
  /** TCP port on 127.0.0.1; 0 or absent takes a free one. */
  readonly port?: number
  /** Models that the list of models shows; calls may name any. */
  readonly models?: readonly string[]
  /** ms until the first byte of an answer. */
  readonly latency?: number
  /** Up to so many ms are added to `latency`, evenly spread. */
  readonly jitter?: number
  readonly tail?: Tail
  /** Words a second in a stream; absent sends each frame as soon as the one before is written. */
  readonly tokensPerSecond?: number
  /** Sends all frames of a stream that has no pace in one write. */
  readonly batch?: boolean
  /** Share of the calls that fail with 500, 0 to 1. */
  readonly errorRate?: number
  /** Calls a second before 429. */
  readonly requestsPerSecond?: number
  /** Calls that the limit lets through at once; one second's worth (at least one call) when absent. */
  readonly burst?: number
  readonly outages?: readonly Outage[]
  readonly brownOuts?: readonly BrownOut[]
  readonly drips?: readonly Drip[]
  /** Starts the generator that decides on errors and delays: the same seed gives the same run. */
  readonly seed?: number
  /** Milliseconds of a monotonic clock, for spans and limits; the process's own when absent. */
  readonly now?: () => number
  /** Reading of `now` from which spans count; the moment of the start when absent. */
  readonly startsAt?: number
}
