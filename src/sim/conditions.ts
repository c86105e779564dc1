import type { SimulatorOptions } from './options.ts'
import { seededRandom } from './random.ts'
import { isRunning, type Span } from './span.ts'

/** Decides the weather of each call: is the vendor down, over its limit, failing, and how late and how slow is it? */
export class Conditions {
  readonly #options: SimulatorOptions
  readonly #now: () => number
  readonly #startsAt: number
  readonly #random: () => number
  readonly #burst: number
  #tokens: number
  #refilledAt: number

  constructor(options: SimulatorOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#refilledAt = this.#now()
    this.#startsAt = options.startsAt ?? this.#refilledAt
    this.#random = seededRandom(options.seed ?? 1)
    this.#burst = options.burst ?? Math.max(1, options.requestsPerSecond ?? 0)
    this.#tokens = this.#burst
  }

  /** What an outage does to a call that comes now; undefined while the vendor is up. */
  outage(): 'refuse' | 'cut' | undefined {
    const outage = this.#current(this.#options.outages)
    return outage === undefined ? undefined : (outage.how ?? 'refuse')
  }

  /** Takes one call out of the limit. Returns 0, or the whole seconds (at least 1) after which to come back. */
  secondsToWait(): number {
    const rate = this.#options.requestsPerSecond
    if (rate === undefined) return 0
    const now = this.#now()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#refilledAt) / 1000) * rate)
    this.#refilledAt = now
    if (this.#tokens < 1) return Math.max(1, Math.ceil((1 - this.#tokens) / rate))
    this.#tokens -= 1
    return 0
  }

  /** Whether this call fails with 500. */
  fails(): boolean {
    const { errorRate } = this.#current(this.#options.brownOuts) ?? this.#options
    return errorRate !== undefined && this.#random() < errorRate
  }

  /** ms to let pass before this call is answered. */
  delay(): number {
    const { latency = 0, jitter = 0, tail } = this.#options
    const usual = jitter === 0 ? latency : latency + this.#random() * jitter
    if (tail === undefined || this.#random() >= tail.share) return usual
    return usual * (1 - this.#random()) ** (-1 / tail.shape)
  }

  /** ms between two frames of a stream that begins now; 0 is no pace. */
  interval(): number {
    const { tokensPerSecond } = this.#current(this.#options.drips) ?? this.#options
    return tokensPerSecond === undefined ? 0 : 1000 / tokensPerSecond
  }

  /** The first of the spans that is running. */
  #current<T extends Span>(spans: readonly T[] | undefined): T | undefined {
    if (spans === undefined) return undefined
    const elapsed = this.#now() - this.#startsAt
    return spans.find(span => isRunning(span, elapsed))
  }
}
