/** A stretch of time, in ms since the start, in which the simulator is down; `every` repeats it with that period. */
export interface Outage {
  readonly after: number
  readonly for: number
  readonly every?: number
  /** `refuse` (the default) answers 503, `cut` destroys the connection. */
  readonly how?: 'refuse' | 'cut'
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
  /** Words a second in a stream; absent sends each frame as soon as the one before is written. */
  readonly tokensPerSecond?: number
  /** Sends all frames of a stream that has no pace in one write. */
  readonly batch?: boolean
  /** Share of the calls that fail with 500, 0 to 1. */
  readonly errorRate?: number
  /** Calls a second before 429; a burst of one second's worth (at least one call) is let through. */
  readonly requestsPerSecond?: number
  readonly outages?: readonly Outage[]
  /** Starts the generator that decides on errors and jitter: the same seed gives the same run. */
  readonly seed?: number
  /** Milliseconds of a monotonic clock, for outages and limits; the process's own when absent. */
  readonly now?: () => number
}
